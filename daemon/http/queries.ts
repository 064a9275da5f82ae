/** Routes that only look. */
import { jobPhase, jobTally } from '../../src/model/phase.ts';
import type { Answers } from './api-service.ts';
import { durabilityView, wantedCopies } from './copies-view.ts';
import { withFullLogs } from './full-logs.ts';
import { logViews, resultViews } from './job-views.ts';
import { type ClusterNow, liveMachines, nodeViews, resourcesView, statusView } from './node-views.ts';
import type { ApiParts } from './parts.ts';
import { askCoordinator } from './patience.ts';
import { whyView } from './why-view.ts';

type Query = 'health' | 'status' | 'nodes' | 'peers' | 'jobs' | 'job' | 'why' | 'results' | 'logs' | 'superVmStatus' | 'superVmResources';

export function queries(parts: ApiParts): Pick<Answers, Query> {
  const { needs, book } = parts;
  const status = async (): Promise<ReturnType<typeof statusView>> => {
    await book.refresh();
    const active = [...needs.journal.jobs().values()].filter((state) => ['active', 'paused'].includes(jobPhase(state)));
    const now = await clusterNow(parts);
    const problems = [...needs.journal.problems(), ...(needs.networkProblems?.() ?? [])];
    const durability = durabilityView(await book.views(active), liveMachines(now), wantedCopies(now.members), problems);
    const http = needs.tcp?.listener.url;
    return { ...statusView(now, active.map(jobTally), durability), ...(http === undefined ? {} : { http }) };
  };
  return {
    health: async () => ({ ok: true, node: needs.membership.self, version: parts.options.version }),
    status,
    superVmStatus: status,
    superVmResources: async () => resourcesView(needs.membership.members()),
    nodes: async () => nodeViews(await clusterNow(parts)),
    peers: () => needs.peerChecks.views(),
    jobs: async ({ query }) => {
      await book.refresh();
      const states = [...needs.journal.jobs().values()].filter((state) => !state.removed && (query.phase === undefined || jobPhase(state) === query.phase));
      return book.views(states.toSorted((a, b) => (b.record?.submittedAt ?? 0) - (a.record?.submittedAt ?? 0)));
    },
    job: async ({ params }) => book.view(await book.find(params.job)),
    why: async ({ params }) => {
      const state = await book.find(params.job);
      const [view, waiting] = await Promise.all([book.view(state), askCoordinator(needs.clock, () => needs.coordination.why(state.id))]);
      return whyView(state, view, waiting, (node) => book.nameOf(node));
    },
    results: async ({ params }) => resultViews(await book.find(params.job), (node) => book.nameOf(node)),
    logs: async ({ params, query }) => {
      const found = logViews(await book.find(params.job), (node) => book.nameOf(node), query.task);
      // Of a whole job the ends of what failed are enough; of a task one wants everything.
      return query.task === undefined ? found.map(({ view }) => view) : withFullLogs(needs.attemptLogs, found);
    },
  };
}

export async function clusterNow(parts: ApiParts): Promise<ClusterNow> {
  const { membership, leadership } = parts.needs;
  const [overviews, standing] = await Promise.all([parts.overviews.latest(), leadership.standingNow()]);
  return {
    cluster: parts.options.cluster,
    self: membership.self,
    coordinator: leadership.current(),
    standing,
    voters: leadership.voters(),
    members: membership.members(),
    overviews,
  };
}
