/** What the election keeps on this disk: the highest term and this voter's seat, as they were saved last. */
import type { Term } from '../../src/model/job.ts';
import { compareTerms } from '../../src/model/term.ts';
import type { Seat } from '../../src/model/voters.ts';
import type { FactStore } from './journal.ts';
import { isUnsure } from './unsure.ts';

export class KeptPromises {
  readonly #store: Pick<FactStore, 'saveTerm' | 'saveSeat'>;
  #term: Term | undefined;
  #seat: Seat = {};
  #isSeatInDoubt = false;

  constructor(store: Pick<FactStore, 'saveTerm' | 'saveSeat'>) {
    this.#store = store;
  }

  /** What the disk had at the start. */
  load(term: Term | undefined, seat: Seat = {}): void {
    this.#term = term;
    this.#seat = seat;
  }

  /** The higher one of what was saved and what facts tell of. */
  highestTerm(seen: Term | undefined): Term | undefined {
    if (seen === undefined || this.#term === undefined) return seen ?? this.#term;
    return compareTerms(seen, this.#term) > 0 ? seen : this.#term;
  }

  async saveTerm(term: Term): Promise<void> {
    await this.#store.saveTerm(term);
    if (this.#term === undefined || compareTerms(term, this.#term) > 0) this.#term = term;
  }

  seat(): Seat {
    return this.#seat;
  }

  async saveSeat(seat: Seat): Promise<void> {
    try {
      await this.#store.saveSeat(seat);
    } catch (error) {
      this.#isSeatInDoubt ||= isUnsure(error);
      throw error;
    }
    this.#isSeatInDoubt = false;
    this.#seat = seat;
  }

  isSeatInDoubt(): boolean {
    return this.#isSeatInDoubt;
  }
}
