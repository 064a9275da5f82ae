/** Which assignments of the coordinator have been dealt with. One that has to wait for a job's record may be overtaken by the next. */
import type { Term } from '../../src/model/job.ts';
import { sameTerm } from '../../src/model/term.ts';
import type { Assignment, Holdings } from '../wire/work-protocol.ts';

export class Batches {
  #term: Term | undefined;
  #last = 0;
  readonly #waiting = new Set<number>();

  /** `work`: after it what was assigned is held, or was refused. */
  async deal<T>({ term, batch }: Pick<Assignment, 'term' | 'batch'>, work: () => Promise<T>): Promise<T> {
    if (!sameTerm(term, this.#term)) {
      this.#last = 0;
      this.#waiting.clear();
    }
    this.#term = term;
    this.#waiting.add(batch);
    try {
      return await work();
    } finally {
      if (sameTerm(term, this.#term)) {
        this.#waiting.delete(batch);
        this.#last = Math.max(this.#last, batch);
      }
    }
  }

  /** The last one up to which all are dealt with: what is not held of these is lost. */
  get dealt(): Pick<Holdings, 'batch'> {
    if (this.#term === undefined) return {};
    return { batch: { term: this.#term, number: Math.min(this.#last, ...[...this.#waiting].map((batch) => batch - 1)) } };
  }
}
