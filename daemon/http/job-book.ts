/** Finds jobs by what callers type and shows them with all that this node knows. */
import type { JobView } from '../../src/api/views.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { copiesView, wantedCopies } from './copies-view.ts';
import { jobView, matchJob } from './job-views.ts';
import type { CopiesKnown, Journal, JournalQuestions, Membership, OutcomesKnown } from './needs.ts';
import type { Overviews } from './overviews.ts';
import type { Deliveries } from './services.ts';

/** How long the standbys are waited for. */
const refreshMs = 500;

export interface JobBookNeeds {
  readonly journal: Journal & JournalQuestions;
  readonly membership: Membership;
  readonly overviews: Overviews;
  readonly copies: CopiesKnown;
  readonly outcomes: OutcomesKnown;
  readonly deliveries: Pick<Deliveries, 'state'>;
}

export class JobBook {
  readonly #needs: JobBookNeeds;

  constructor(needs: JobBookNeeds) {
    this.#needs = needs;
  }

  /** As `findKnown`, also what was submitted on another machine just now. */
  async find(text: string): Promise<JobState> {
    await this.refresh();
    return this.findKnown(text);
  }

  /** By id or an unambiguous beginning. Throws `job-not-found`. */
  findKnown(text: string): JobState {
    const { found, candidates } = matchJob(this.#needs.journal.jobs(), text);
    if (found !== undefined) return found;
    if (candidates.length === 0) throw new SupervmError('job-not-found', `No job has an id that begins with ${text}.`, 'See all jobs: supervm jobs');
    const named = candidates.slice(0, 5).map((id) => id.slice(0, Math.max(12, text.length + 4)));
    throw new SupervmError('job-not-found', `${candidates.length} jobs have an id that begins with ${text}.`, `Write more of it: ${named.join(', ')}`);
  }

  /** A node that is no standby hears of news a second later: who asks it now is to see them. */
  refresh(): Promise<void> {
    return this.#needs.journal.refresh(refreshMs);
  }

  async view(state: JobState): Promise<JobView> {
    const [view] = await this.views([state]);
    return view as JobView;
  }

  async views(states: readonly JobState[]): Promise<readonly JobView[]> {
    const { journal, membership, deliveries, outcomes } = this.#needs;
    const [latest, bytes] = await Promise.all([this.#needs.overviews.latest(), this.#needs.copies.latest()]);
    const overviews = new Map(latest.map((overview) => [overview.job, overview]));
    const wanted = wantedCopies(membership.members());
    const nameOf = (node: NodeId): string => this.nameOf(node);
    return states.map((state) =>
      jobView(state, {
        overview: overviews.get(state.id),
        delivery: deliveries.state(state.id),
        copies: copiesView(state, journal.copiesOf(state.id), bytes.get(state.id), wanted),
        isSettled: (ended) => outcomes.isSettled(ended),
        nameOf,
        inventoryOf: (node) => membership.member(node)?.facts.inventory,
      }),
    );
  }

  nameOf(node: NodeId): string {
    return this.#needs.membership.member(node)?.facts.name ?? `…${node.slice(-8)}`;
  }
}
