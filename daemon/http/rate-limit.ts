/** A pace for each key: a burst at once, then a steady rate. */
import { type Pace, TokenBucket } from '../wire/token-bucket.ts';
import type { Clock } from './needs.ts';

/** More keys than that at once are a flood: the ones that were asked for longest ago begin anew. */
const mostKeys = 1024;

export class RateLimit {
  readonly #pace: Pace;
  readonly #clock: Pick<Clock, 'now'>;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(pace: Pace, needs: { readonly clock: Pick<Clock, 'now'> }) {
    this.#pace = pace;
    this.#clock = needs.clock;
  }

  /** Takes one from the key's bucket; false when it is empty. */
  take(key: string): boolean {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#pace, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > mostKeys && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket.tryTake(1, now);
  }
}
