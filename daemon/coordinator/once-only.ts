/** When tasks that must not run twice may be placed and renewed in this term. */
import type { JobRecord, Step } from '../../src/model/job.ts';
import { leaseGraceMs } from '../wire/work-protocol.ts';
import type { Clock, VotedLeadership } from './needs.ts';
import type { Hold } from './scheduler/snapshot.ts';

export interface OnceOnlyNeeds {
  readonly clock: Clock;
  readonly leadership: Pick<VotedLeadership, 'quorate' | 'standing'>;
}

export class OnceOnly {
  readonly #leaseMs: number;
  readonly #needs: OnceOnlyNeeds;
  /** Clock milliseconds. */
  readonly #since: number;
  #quorateSince: number | undefined;

  /** Made when the term begins. */
  constructor(options: { readonly leaseMs: number }, needs: OnceOnlyNeeds) {
    this.#leaseMs = options.leaseMs;
    this.#needs = needs;
    this.#since = needs.clock.now();
    this.look();
  }

  /**
   * Call when the standing of the term may have changed. Until it was first quorate an earlier coordinator may have renewed leases; later
   * on, though it lapses, none can.
   */
  look(): void {
    if (this.#quorateSince === undefined && this.#needs.leadership.quorate()) this.#quorateSince = this.#needs.clock.now();
  }

  /** May leases of the job's attempts be given and renewed now? */
  mayLease(record: JobRecord): boolean {
    return record.alone === true || this.#needs.leadership.quorate();
  }

  /** Why tasks of the step may not be placed now, if it is once-only. */
  holdOf(record: JobRecord, step: Step): Hold | undefined {
    if (step.onceOnly !== true) return undefined;
    if (!this.mayLease(record)) return { code: 'needs-quorum', detail: this.#reach() };
    const since = record.alone === true ? this.#since : (this.#quorateSince ?? this.#needs.clock.now());
    return this.#needs.clock.now() < since + this.#leaseMs + leaseGraceMs ? { code: 'needs-lease-end' } : undefined;
  }

  #reach(): string {
    const { reachable, voters } = this.#needs.leadership.standing() ?? { reachable: 0, voters: 0 };
    return voters === 0 ? 'no voters are known yet' : `${reachable} of ${voters} ${voters === 1 ? 'voter' : 'voters'} reachable`;
  }
}
