/** Looks at the cluster from outside while a run goes on: whom each node follows, and what it tells of the jobs. */
import { availableParallelism, loadavg } from 'node:os';
import type { JobView } from '../../src/api/views.ts';
import { pause } from '../../src/cli/clock.ts';
import type { SeededRandomness } from '../support/seeded-randomness.ts';
import type { Recorder } from './recorder.ts';
import type { Station } from './station.ts';

const everyMs = 1000;
const answerMs = 5000;

export interface WatcherNeeds {
  readonly stations: readonly Station[];
  readonly recorder: Recorder;
  readonly draw: SeededRandomness;
  /** Key of a job by its id. */
  jobs(): ReadonlyMap<string, string>;
}

/** Until the abort. A node that gives no answer tells nothing, which is no fault. */
export async function watchCluster(needs: WatcherNeeds, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await Promise.all(needs.stations.filter(({ isDown }) => !isDown).map((station) => lookAtSeat(station, needs)));
    needs.recorder.record({ type: 'load', perCore: (loadavg()[0] ?? 0) / availableParallelism() });
    await tellJobs(needs.draw.pick(needs.stations), needs);
    await pause(everyMs, signal);
  }
}

async function lookAtSeat(station: Station, { recorder }: WatcherNeeds): Promise<void> {
  const status = await station.client.call('status', {}, AbortSignal.timeout(answerMs)).catch(() => undefined);
  if (status === undefined) return;
  const reached = status.nodes.filter(({ reachability }) => reachability === 'alive').length;
  recorder.record({ type: 'seat', node: station.name, term: status.coordinator, reached });
}

/** Records only what is new of each job and node: most jobs ended long ago. */
const known = new WeakMap<Recorder, Map<string, string>>();

async function tellJobs(station: Station, { recorder, jobs }: WatcherNeeds): Promise<void> {
  const asked = recorder.now();
  const views = await station.client.call('jobs', {}, AbortSignal.timeout(answerMs)).catch(() => [] as readonly JobView[]);
  const ended = recorder.now();
  const before = known.get(recorder) ?? new Map<string, string>();
  known.set(recorder, before);
  const keys = jobs();
  for (const { id, phase, degraded, generation, tasks } of views) {
    const key = keys.get(id);
    const text = `${phase} ${degraded} ${generation} ${tasks.kept}`;
    if (key === undefined || before.get(`${station.name} ${id}`) === text) continue;
    before.set(`${station.name} ${id}`, text);
    recorder.record({
      type: 'told',
      at: asked,
      ended,
      node: station.name,
      key,
      job: id,
      phase,
      ...(degraded === true ? { degraded } : {}),
      generation,
      kept: tasks.kept,
    });
  }
}
