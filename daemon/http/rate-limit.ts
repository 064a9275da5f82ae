/** Token buckets by key: a burst at once, then a steady rate. */
import type { Clock } from './needs.ts';

export interface RateLimitOptions {
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** More keys than that at once are a flood: the ones that were asked for longest ago begin anew. */
const mostKeys = 1024;

export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #clock: Pick<Clock, 'now'>;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions, needs: { readonly clock: Pick<Clock, 'now'> }) {
    this.#options = options;
    this.#clock = needs.clock;
  }

  /** Takes one from the bucket; false when it is empty. */
  take(key: string): boolean {
    const { burst, perSecond } = this.#options;
    const now = this.#clock.now();
    const before = this.#buckets.get(key) ?? { left: burst, at: now };
    const left = Math.min(burst, before.left + ((now - before.at) / 1000) * perSecond);
    const taken = left >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: taken ? left - 1 : left, at: now });
    if (this.#buckets.size > mostKeys) this.#forgetOldest();
    return taken;
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}
