/** Peers that broke the protocol stay out for a while, and longer each time. */
import type { NodeId } from '../../../src/model/job.ts';
import type { Clock } from '../../clock.ts';

const firstMs = 10_000;
const longestMs = 10 * 60_000;
/** Who behaved for so long begins anew. */
const forgivenMs = 60 * 60_000;
const mostKnown = 1_024;

interface Exclusion {
  readonly times: number;
  readonly until: number;
}

export class Exclusions {
  readonly #clock: Clock;
  readonly #known = new Map<NodeId, Exclusion>();

  constructor(needs: { readonly clock: Clock }) {
    this.#clock = needs.clock;
  }

  /** Returns for how long (milliseconds). */
  exclude(peer: NodeId): number {
    const now = this.#clock.now();
    const before = this.#known.get(peer);
    // What it still says on its way out is of the same time.
    if (before !== undefined && before.until > now) return before.until - now;
    const times = before !== undefined && now - before.until < forgivenMs ? before.times + 1 : 1;
    const pauseMs = Math.min(longestMs, firstMs * 2 ** (times - 1));
    this.#known.delete(peer);
    this.#known.set(peer, { times, until: now + pauseMs });
    for (const oldest of this.#known.keys()) if (this.#known.size > mostKnown) this.#known.delete(oldest);
    return pauseMs;
  }

  isExcluded(peer: NodeId): boolean {
    return (this.#known.get(peer)?.until ?? 0) > this.#clock.now();
  }
}
