/** The end of a run: waits until the cluster has settled, and writes down what every node then says. */
import type { JobView, StatusView } from '../../src/api/views.ts';
import { pause } from '../../src/cli/clock.ts';
import { sameTerm } from '../../src/model/term.ts';
import type { Recorder } from './recorder.ts';
import type { Station } from './station.ts';

const lookMs = 500;
const answerMs = 10_000;

interface View {
  readonly node: string;
  readonly status: StatusView;
  readonly jobs: readonly JobView[];
}

/** Records `settled`, with what is missing when patience ends first, and returns that. */
export async function settle(stations: readonly Station[], recorder: Recorder, patienceMs: number, signal: AbortSignal): Promise<readonly string[]> {
  const giveUpAt = recorder.now() + patienceMs;
  for (;;) {
    const views = await Promise.all(stations.map(viewOf));
    // Whoever could not resume his job while everything was broken does so now.
    for (const job of views[0]?.jobs ?? []) if (job.phase === 'paused') await resume(stations[0], job.id);
    const missing = stations.flatMap(({ name }, index) => (views[index] === undefined ? [`${name} does not answer`] : []));
    missing.push(...differences(views.filter((view) => view !== undefined)));
    if (missing.length === 0 || recorder.now() > giveUpAt || signal.aborted) {
      recorder.record({ type: 'settled', missing: missing.slice(0, 20) });
      return missing;
    }
    await pause(lookMs, signal);
  }
}

async function resume(station: Station | undefined, job: string): Promise<void> {
  await station?.client.call('resume', { params: { job } }, AbortSignal.timeout(answerMs)).catch(() => undefined);
}

async function viewOf({ client, name }: Station): Promise<View | undefined> {
  try {
    const signal = AbortSignal.timeout(answerMs);
    const [status, jobs] = await Promise.all([client.call('status', {}, signal), client.call('jobs', {}, signal)]);
    return { node: name, status, jobs };
  } catch {
    return undefined;
  }
}

/** Texts for people; empty when everybody sees everybody and says the same, and nothing is left to do. */
function differences(views: readonly View[]): readonly string[] {
  const [first] = views;
  if (first === undefined) return ['nobody answers'];
  const missing: string[] = [];
  for (const { node, status, jobs } of views) {
    const alive = status.nodes.filter(({ reachability }) => reachability === 'alive').length;
    if (alive !== views.length) missing.push(`${node} sees ${alive} of ${views.length} nodes`);
    if (status.coordinator === undefined) missing.push(`${node} knows no coordinator`);
    else if (!sameTerm(status.coordinator, first.status.coordinator)) missing.push(`${node} follows another coordinator than ${first.node}`);
    const open = jobs.filter(({ phase }) => phase === 'active' || phase === 'paused');
    if (open.length > 0)
      missing.push(
        `${node} says that ${open
          .map(({ name, phase, tasks }) => `${name} is ${phase} (${tasks.kept}/${tasks.total})`)
          .slice(0, 5)
          .join(', ')}`,
      );
    const others = new Map(first.jobs.map((job) => [job.id, summary(job)]));
    const different = jobs.filter((job) => others.get(job.id) !== summary(job));
    if (different.length > 0 || jobs.length !== first.jobs.length)
      missing.push(`${node} and ${first.node} differ about ${different.length} jobs (${jobs.length} and ${first.jobs.length} known)`);
  }
  return missing;
}

const summary = ({ phase, generation, tasks }: JobView): string => `${phase} ${generation} ${tasks.kept}`;

/** How many results are asked for at once of one node. */
const batch = 20;

/** Records what every node says of every job. */
export async function recordFinals(stations: readonly Station[], recorder: Recorder, keyOf: (job: JobView) => string): Promise<void> {
  for (const { client, name } of stations) {
    const jobs = await client.call('jobs', {}, AbortSignal.timeout(answerMs)).catch(() => []);
    for (let first = 0; first < jobs.length; first += batch) {
      await Promise.all(
        jobs.slice(first, first + batch).map(async (job) => {
          const results = await client.call('results', { params: { job: job.id } }, AbortSignal.timeout(answerMs));
          recorder.record({
            type: 'final',
            node: name,
            key: keyOf(job),
            job: job.id,
            phase: job.phase,
            generation: job.generation,
            tasks: job.tasks.total,
            conflicts: job.conflicts,
            results: results.map(({ attempt, outputs }) => ({
              index: attempt.index,
              attempt: `${attempt.term.number}@${attempt.term.node.slice(-8)} ${attempt.generation} ${attempt.attempt} ${attempt.node.slice(-8)}`,
              outputs: outputs.map(({ path, digest }) => ({ path, digest })),
            })),
          });
        }),
      );
    }
  }
}
