/** The logs of a removed job go with it, also where the daemon ended between the two. */
import type { Fact } from '../src/model/facts.ts';
import type { JobId } from '../src/model/job.ts';
import type { Startable } from './startable.ts';

export interface RemovedLogsNeeds {
  readonly journal: {
    jobs(): ReadonlyMap<JobId, { readonly removed: boolean }>;
    onFact(listener: (fact: Fact) => void): void;
  };
  readonly logs: { forget(job: JobId): Promise<void> };
}

/** Start it once the journal has been read. */
export function removedLogs({ journal, logs }: RemovedLogsNeeds, onProblem: (error: unknown) => void): Startable {
  const forget = (job: JobId): Promise<void> => logs.forget(job).catch(onProblem);
  journal.onFact((fact) => {
    if (fact.type === 'removed') void forget(fact.job);
  });
  return {
    async start() {
      for (const [job, { removed }] of journal.jobs()) if (removed) await forget(job);
    },
    async stop() {},
  };
}
