/** Finds jobs by what callers type and shows them with all that this node knows. */
import type { JobView } from '../../src/api/views.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { jobView, matchJob } from './job-views.ts';
import type { Journal, JournalQuestions, Membership } from './needs.ts';
import type { Overviews } from './overviews.ts';
import type { Deliveries } from './services.ts';

export interface JobBookNeeds {
  readonly journal: Journal & JournalQuestions;
  readonly membership: Membership;
  readonly overviews: Overviews;
  readonly deliveries: Pick<Deliveries, 'state'>;
}

export class JobBook {
  readonly #needs: JobBookNeeds;

  constructor(needs: JobBookNeeds) {
    this.#needs = needs;
  }

  /** By id or an unambiguous beginning. Throws `job-not-found`. */
  find(text: string): JobState {
    const { found, candidates } = matchJob(this.#needs.journal.jobs(), text);
    if (found !== undefined) return found;
    if (candidates.length === 0) throw new SupervmError('job-not-found', `No job has an id that begins with ${text}.`, 'See all jobs: supervm jobs');
    const named = candidates.slice(0, 5).map((id) => id.slice(0, Math.max(12, text.length + 4)));
    throw new SupervmError('job-not-found', `${candidates.length} jobs have an id that begins with ${text}.`, `Write more of it: ${named.join(', ')}`);
  }

  async view(state: JobState): Promise<JobView> {
    const [view] = await this.views([state]);
    return view as JobView;
  }

  async views(states: readonly JobState[]): Promise<readonly JobView[]> {
    const overviews = new Map((await this.#needs.overviews.latest()).map((overview) => [overview.job, overview]));
    const nameOf = (node: NodeId): string => this.nameOf(node);
    return states.map((state) =>
      jobView(state, {
        overview: overviews.get(state.id),
        delivery: this.#needs.deliveries.state(state.id),
        copies: this.#needs.journal.copiesOf(state.id),
        nameOf,
      }),
    );
  }

  nameOf(node: NodeId): string {
    return this.#needs.membership.member(node)?.facts.name ?? `…${node.slice(-8)}`;
  }
}
