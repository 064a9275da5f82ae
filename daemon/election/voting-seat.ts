/**
 * A voter's word. It grants the highest term only and never goes back on that: what it granted is on disk before it answers. While the
 * coordinator that it renewed last may still rely on it, no other one is granted anything.
 */
import type { NodeId, Term } from '../../src/model/job.ts';
import { compareTerms, sameTerm } from '../../src/model/term.ts';
import { newerVoters, type Seat, type Voters } from '../../src/model/voters.ts';
import type { Clock, Messenger, SeatMemory } from './needs.ts';
import { Promises } from './promises.ts';
import type { Answer, Ask } from './protocol.ts';

export interface VoterNeeds {
  readonly memory: SeatMemory;
  readonly clock: Clock;
  readonly messenger: Pick<Messenger, 'self' | 'connected' | 'send' | 'onPeer'>;
}

export interface VoterOptions {
  readonly self: NodeId;
  readonly cluster?: string | undefined;
  /** How long a coordinator relies on a renewal, milliseconds from its sending, by its own clock. */
  readonly leaseMs: number;
}

/** The voter counts longer than the coordinator, and from later on: of two clocks one may run a tenth too fast and the other a tenth too slow, 1.1 / 0.9 apart. */
const voterShare = 1.25;

export class VotingSeat {
  readonly #options: VoterOptions;
  readonly #needs: VoterNeeds;
  readonly promises: Promises;
  #leaseUntil = 0;
  #ready = false;
  #isNew = false;
  /** One after the other, so that each decision sees what the one before wrote. */
  #line: Promise<unknown> = Promise.resolve();

  constructor(options: VoterOptions, needs: VoterNeeds) {
    this.#options = options;
    this.#needs = needs;
    this.promises = new Promises(needs);
  }

  /**
   * Call once the records are loaded. Whom it renewed before the start is unknown, so the last granted one is thought to rely on it.
   */
  start(): void {
    const { clock, memory } = this.#needs;
    this.#leaseUntil = clock.now() + voterShare * this.#options.leaseMs;
    void memory.heard().then(() => {
      this.#ready = true;
    });
  }

  granted(): Term | undefined {
    return this.#seat().granted;
  }

  voters(): Voters | undefined {
    return this.#seat().voters;
  }

  /** Rejects when the disk does. */
  ask({ term, voters }: Ask): Promise<Answer> {
    return this.#inLine(async () => {
      if (this.#isInDoubt()) await this.#renewStore();
      const refusal = this.#refusalOf(term);
      if (refusal !== undefined) return refusal;
      const seat = this.#relisted();
      // Only what is written in the very term that is granted: anything else may have been given up since.
      const record = sameTerm(voters?.term, term) ? newerVoters(seat.voters, voters) : seat.voters;
      // Started anew with a later promise that was never told, it would take the coordinator of that one for the last it renewed.
      if (this.#needs.memory.isSeatInDoubt() || !sameTerm(seat.granted, term) || record !== this.voters())
        await this.#save({ ...seat, granted: term, ...(record === undefined ? {} : { voters: record }) });
      this.#leaseUntil = this.#needs.clock.now() + voterShare * this.#options.leaseMs;
      return { type: 'granted', store: this.#needs.memory.storeId(), ...this.#known() };
    });
  }

  /** Takes a newer record of the voters; true when it was news. Rejects when the disk does. */
  learn(voters: Voters): Promise<boolean> {
    return this.#inLine(async () => {
      const seat = this.#seat();
      if (newerVoters(seat.voters, voters) === seat.voters) return false;
      await this.#save({ ...seat, voters });
      return true;
    });
  }

  /** The coordinator of the term relies on it no longer. */
  release(term: Term): void {
    if (sameTerm(term, this.granted())) this.#leaseUntil = 0;
  }

  #refusalOf(term: Term): Answer | undefined {
    const granted = this.granted();
    if (!this.#ready || this.#isInDoubt()) return { type: 'refused', reason: 'not-ready', ...this.#known() };
    if (granted === undefined) return undefined;
    if (compareTerms(term, granted) < 0) return { type: 'refused', reason: 'lower', term: granted, ...this.#known() };
    const isLeased = granted.node !== term.node && this.#needs.clock.now() < this.#leaseUntil;
    return isLeased ? { type: 'refused', reason: 'leased', term: granted, ...this.#known() } : undefined;
  }

  /** Others remember that this store granted more, or held more, than it knows; or nobody knows what of it is on the disk. */
  #isInDoubt(): boolean {
    if (!this.#ready) return false;
    if (this.#needs.memory.isStale()) return true;
    // A store that was drawn in this life has forgotten nothing, whatever others say.
    if (this.#isNew) return false;
    const [known, told] = [this.granted(), this.promises.own(this.#needs.memory.storeId())];
    return told !== undefined && (known === undefined || compareTerms(known, told) < 0);
  }

  /** What it knows of another cluster, which it has left, says nothing here. */
  #seat(): Seat {
    const { cluster } = this.#options;
    const seat = this.#needs.memory.seat();
    if (seat.cluster === cluster) return seat;
    return cluster === undefined ? {} : { cluster };
  }

  /** The only voter's store is another one: nobody else could list it anew, and nobody else's promises count. */
  #relisted(): Seat {
    const seat = this.#seat();
    const store = this.#needs.memory.storeId();
    const [only, ...others] = seat.voters?.voters ?? [];
    if (seat.voters === undefined || only?.node !== this.#options.self || others.length > 0 || only.store === store) return seat;
    return { ...seat, voters: { ...seat.voters, number: seat.voters.number + 1, voters: [{ node: only.node, store }] } };
  }

  #known(): { readonly voters?: Voters } {
    const voters = this.voters();
    return voters === undefined ? {} : { voters };
  }

  async #renewStore(): Promise<void> {
    const { memory } = this.#needs;
    const before = memory.storeId();
    await memory.renewStore();
    this.#isNew ||= memory.storeId() !== before;
  }

  #save(seat: Seat): Promise<void> {
    return this.#needs.memory.saveSeat(seat);
  }

  #inLine<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#line.then(work);
    this.#line = mine.catch(() => undefined);
    return mine;
  }
}
