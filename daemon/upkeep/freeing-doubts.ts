/**
 * Whether bytes that no fact refers to may be freed: not while the fact may only be missing here. A doubt costs some room
 * on the disk for a while; a blob freed wrongly may have been the last copy.
 */
import type { Clock, Journal, RecordsGaps } from './needs.ts';

/** All in milliseconds. */
export interface DoubtOptions {
  /** After the start, and after a peer was met for the first time or after an absence: others may come and tell of more. */
  readonly quietMs: number;
  /** Younger blobs stay: from its bytes to the fact that names them. After the wall clock was moved, or the machine slept, all are young for so long. */
  readonly graceMs: number;
  /**
   * After a loss of records, known or accepted: machines with the facts may be switched off, and come back within a week. So long
   * does a node wait, too, that has met none of the others since its start, or is cut off from all of them.
   */
  readonly lossMs: number;
}

const minuteMs = 60_000;
export const doubtDefaults: DoubtOptions = { quietMs: 2 * minuteMs, graceMs: 10 * minuteMs, lossMs: 7 * 24 * 60 * minuteMs };

/** Between two looks at the wall clock it does not drift so far from the monotonic one: it was set, or the machine slept. */
const movedMs = minuteMs;
/** No file of ours is older: a clock was wrong when it was written, or is now. */
const absurdMs = 10 * 365 * 24 * 60 * minuteMs;

export interface DoubtNeeds {
  readonly journal: Pick<Journal, 'jobs'> & { gaps(): RecordsGaps };
  readonly clock: Clock;
}

export class FreeingDoubts {
  readonly #options: DoubtOptions;
  readonly #needs: DoubtNeeds;
  /** Of the wall clock to the monotonic one, when last looked at. */
  #offset: number;
  /** Clock milliseconds. */
  #movedAt = Number.NEGATIVE_INFINITY;
  /** The loss known of, and the clock milliseconds until which it counts. */
  #loss: { readonly at: number; readonly until: number } | undefined;

  constructor(options: DoubtOptions, needs: DoubtNeeds) {
    this.#options = options;
    this.#needs = needs;
    this.#offset = this.#offsetNow();
  }

  /** May what removed jobs referred to be freed now, as far as the records go? */
  allowRemoved(): boolean {
    return this.#areKnown(this.#needs.journal.gaps());
  }

  /** May what nobody refers to? It may be the work of a job that this node never heard of. */
  allowUnreferenced(): boolean {
    const gaps = this.#needs.journal.gaps();
    if (gaps.unheardSince !== undefined && this.#needs.clock.now() - gaps.unheardSince < this.#options.lossMs) return false;
    return this.#areKnown(gaps);
  }

  /** `heldSince`: of the blob, in Unix milliseconds. */
  isYoung(heldSince: number): boolean {
    const { clock } = this.#needs;
    const offset = this.#offsetNow();
    if (Math.abs(offset - this.#offset) > movedMs) this.#movedAt = clock.now();
    this.#offset = offset;
    const { graceMs } = this.#options;
    return clock.now() - this.#movedAt < graceMs || sensibleAge(clock.wall() - heldSince) < graceMs;
  }

  #areKnown({ isBehind, quietSince, lostAt }: RecordsGaps): boolean {
    const now = this.#needs.clock.now();
    return !isBehind && now - quietSince >= this.#options.quietMs && (lostAt === undefined || now >= this.#lossCountsUntil(lostAt));
  }

  /** By the wall clock only what passed before this process; where that makes no sense it counts anew. */
  #lossCountsUntil(at: number): number {
    if (this.#loss?.at !== at) {
      const { clock } = this.#needs;
      this.#loss = { at, until: clock.now() + this.#options.lossMs - sensibleAge(clock.wall() - at) };
    }
    return this.#loss.until;
  }

  #offsetNow(): number {
    return this.#needs.clock.wall() - this.#needs.clock.now();
  }
}

/** 0 for what a clock that was set wrongly at one end of it must have made. */
function sensibleAge(milliseconds: number): number {
  return milliseconds >= 0 && milliseconds <= absurdMs ? milliseconds : 0;
}
