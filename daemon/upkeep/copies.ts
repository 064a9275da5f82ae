/** Where the bytes of jobs are, as far as the coordinator has looked. */
import type { JobId } from '../../src/model/job.ts';
import type { Clock, Leading, Messenger } from './needs.ts';
import { type JobCopies, upkeepProtocol } from './protocol.ts';

const freshMs = 500;
/** A coordinator that just vanished must not make `status` wait. */
const patienceMs = 700;

export interface CopiesKnown {
  /** Never rejects: empty while no coordinator answers. Jobs that have ended are in it only while their results are not written out. */
  latest(): Promise<ReadonlyMap<JobId, JobCopies>>;
}

export class CopiesClient implements CopiesKnown {
  readonly #needs: { readonly leadership: Leading; readonly messenger: Messenger; readonly clock: Clock };
  #asking: Promise<ReadonlyMap<JobId, JobCopies>> | undefined;
  #last: ReadonlyMap<JobId, JobCopies> = new Map();
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(needs: { readonly leadership: Leading; readonly messenger: Messenger; readonly clock: Clock }) {
    this.#needs = needs;
  }

  async latest(): Promise<ReadonlyMap<JobId, JobCopies>> {
    const now = this.#needs.clock.now();
    if (this.#asking === undefined && now - this.#askedAt >= freshMs) {
      this.#askedAt = now;
      this.#asking = this.#ask().finally(() => {
        this.#asking = undefined;
      });
    }
    if (this.#asking !== undefined) this.#last = await this.#asking;
    return this.#last;
  }

  async #ask(): Promise<ReadonlyMap<JobId, JobCopies>> {
    const { leadership, messenger } = this.#needs;
    const term = leadership.current();
    if (term === undefined) return new Map();
    const reply = await messenger.request(term.node, upkeepProtocol, { type: 'copies' }, patienceMs).catch(() => undefined);
    return new Map((reply?.jobs ?? []).map((copies) => [copies.job, copies]));
  }
}
