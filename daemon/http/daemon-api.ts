/** The HTTP API over this daemon's parts. Construct it before the network starts: it serves a protocol of its own. */

import type { ApiService } from './api-service.ts';
import { withAudit } from './audited-calls.ts';
import { clusterRoutes } from './cluster-routes.ts';
import { commands } from './commands.ts';
import { watch } from './event-feed.ts';
import { watchJob } from './job-watch.ts';
import { machines } from './machines.ts';
import { serveNodeControl } from './node-control.ts';
import { apiParts, type DaemonApiNeeds, type DaemonApiOptions } from './parts.ts';
import { queries } from './queries.ts';
import { sessionRoutes } from './session-routes.ts';
import { superVm } from './super-vm.ts';

export function createDaemonApi(options: DaemonApiOptions, needs: DaemonApiNeeds): ApiService {
  const parts = apiParts(options, needs);
  serveNodeControl(needs);
  const answers = { ...queries(parts), ...commands(parts), ...superVm(parts), ...sessionRoutes(needs.tcp), ...clusterRoutes(parts), ...machines(parts) };
  return {
    ...withAudit(answers, (line) => needs.audit(line)),
    streams: {
      jobEvents: ({ params, signal }, emit) => watchJob({ ...needs, book: parts.book, feed: parts.feed }, parts.book.findKnown(params.job).id, signal, emit),
      events: ({ signal }, emit) => {
        const wakeBy = (wake: () => void): void =>
          parts.feed.listen((event) => {
            if (event.type === 'nodes') wake();
            else if (event.type !== 'delivery-problem') emit(event);
          }, signal);
        // Members change in bursts: one word is enough for all of them.
        return watch(needs.clock, { soonMs: 250, restMs: 60_000 }, signal, wakeBy, async () => {
          emit({ type: 'nodes' });
          return true;
        });
      },
    },
  };
}
