/** When this node claims the coordinator's seat: once it has listened, nobody holds it and it is its turn; or at once, above a rival of its quorate term. */
import type { Term } from '../../src/model/job.ts';
import { compareTerms } from '../../src/model/term.ts';
import type { Voters } from '../../src/model/voters.ts';
import type { Timer } from '../clock.ts';
import { candidatesOf, rankCandidates } from './elect-coordinator.ts';
import type { ElectionNeeds } from './needs.ts';
import type { ElectionOptions } from './options.ts';
import { isHeldElsewhere } from './sounding.ts';

/** A machine that wakes has no network for seconds: so long it waits for those that it knew before it takes itself for alone. */
const returnMs = 12_000;
/** A voter that follows somebody is asked again after this time: soon it will have noticed, too. */
const againMs = 300;

export interface ClaimsNeeds extends ElectionNeeds {
  isRunning(): boolean;
  /** The highest term seen. */
  highest(): Term | undefined;
  current(): Term | undefined;
  isMine(): boolean;
  voters(): Voters | undefined;
  /** The claim is on disk and nobody has outbid it. */
  take(term: Term): void;
  /** A rival's higher term could not be outbid. */
  giveWay(to: Term): void;
  /** Look at the seat again. */
  consider(): void;
}

export class Claims {
  readonly #options: Required<Pick<ElectionOptions, 'self' | 'settleMs' | 'staggerMs'>>;
  readonly #needs: ClaimsNeeds;
  #settledAt = Number.POSITIVE_INFINITY;
  #returnedAt = Number.NEGATIVE_INFINITY;
  #claiming = false;
  /** When the seat was found empty. */
  #vacantSince: number | undefined;
  #attempt: Timer | undefined;

  constructor(options: Required<Pick<ElectionOptions, 'self' | 'settleMs' | 'staggerMs'>>, needs: ClaimsNeeds) {
    this.#options = options;
    this.#needs = needs;
  }

  /** From now on it is listened first whether somebody holds the seat. */
  settleAnew(): void {
    this.#settledAt = this.#needs.clock.now() + this.#options.settleMs;
  }

  /** This node was out of the world; where it reaches nobody, its network may be on its way. */
  returned(): void {
    this.#returnedAt = this.#needs.clock.now();
    this.settleAnew();
  }

  end(): void {
    this.#attempt?.cancel();
    this.#attempt = undefined;
  }

  /** Who holds the seat may have changed: plans a claim of an empty one. */
  look(): void {
    this.end();
    if (this.#needs.current() !== undefined) this.#vacantSince = undefined;
    else if (!this.#claiming) this.#plan();
  }

  /** Outbids a rival, if no claim is under way. */
  above(rival: Term): void {
    if (!this.#claiming) void this.#claim(rival);
  }

  #plan(): void {
    const now = this.#needs.clock.now();
    const place = this.#place();
    if (place < 0) return;
    this.#vacantSince ??= now;
    const listened = this.#reachesNobody() ? Math.max(this.#settledAt, this.#returnedAt + returnMs) : this.#settledAt;
    const at = Math.max(this.#vacantSince, listened) + place * this.#options.staggerMs;
    this.#attempt = this.#needs.clock.after(at - now, () => void this.#claim(undefined));
  }

  /** Though it knows others. */
  #reachesNobody(): boolean {
    const others = this.#needs.membership.members().filter(({ facts, reachability }) => facts.id !== this.#options.self && reachability !== 'left');
    return others.length > 0 && others.every(({ reachability }) => reachability === 'unreachable');
  }

  /** How many reachable nodes go before us; negative for a worker, which never claims. */
  #place(): number {
    const { membership, voters } = this.#needs;
    return rankCandidates(candidatesOf(membership, voters())).indexOf(this.#options.self);
  }

  /** `above`: the term of a rival that a quorate coordinator outbids; else the seat is empty. */
  async #claim(above: Term | undefined): Promise<void> {
    const needs = this.#needs;
    this.#claiming = true;
    if (above === undefined && (await isHeldElsewhere(needs.voters(), needs))) {
      this.#claiming = false;
      this.#settledAt = needs.clock.now() + againMs;
      needs.consider();
      return;
    }
    if (above === undefined && needs.current() !== undefined) {
      this.#claiming = false;
      return;
    }
    const term: Term = { number: Math.max(needs.highest()?.number ?? 0, above?.number ?? 0) + 1, node: this.#options.self };
    const saved = await needs.memory.saveTerm(term).then(
      () => true,
      () => false,
    );
    this.#claiming = false;
    if (!needs.isRunning()) return;
    // A disk that refuses leaves the seat to others for a while.
    if (!saved) this.settleAnew();
    // It must not sit on below a term that others may have granted: what it says is quorate would be said twice.
    if (!saved && above !== undefined) needs.giveWay(above);
    const highest = needs.highest();
    const outbid = highest !== undefined && compareTerms(term, highest) <= 0;
    if (saved && !outbid && (above === undefined ? needs.current() === undefined : needs.isMine())) needs.take(term);
    needs.consider();
  }
}
