/** One round of a soak: jobs come, run, are cancelled and removed, nodes restart; then everything is quiet again. */
import { pause } from '../../src/cli/clock.ts';
import { settle } from '../chaos/ending.ts';
import type { PlannedCall } from '../chaos/plan.ts';
import type { Recorder } from '../chaos/recorder.ts';
import type { Station } from '../chaos/station.ts';
import { Users } from '../chaos/users.ts';
import type { SeededRandomness } from '../support/seeded-randomness.ts';

export interface ChurnNeeds {
  readonly stations: readonly Station[];
  readonly recorder: Recorder;
  readonly draw: SeededRandomness;
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface ChurnOptions {
  readonly round: number;
  readonly ms: number;
  /** Never restarted: of their one life the slopes are told. */
  readonly elders: readonly Station[];
}

export interface ChurnCounts {
  readonly jobs: number;
  readonly restarts: number;
}

const submitEveryMs = [300, 1200] as const;
const restartEveryMs = [3000, 8000] as const;
const settleMs = 120_000;

/** Resolves when no job is left and all nodes see each other. Rejects when that does not come about. */
export async function churn(options: ChurnOptions, needs: ChurnNeeds): Promise<ChurnCounts> {
  const { stations, recorder, signal } = needs;
  const users = new Users({ folder: needs.folder }, { stations, recorder });
  const until = recorder.now() + options.ms;
  const [jobs, restarts] = await Promise.all([useNodes(options, users, until, needs), restartNodes(options, until, needs)]);
  await settled(needs);
  await removeAll(stations, signal);
  await settled(needs);
  return { jobs, restarts };
}

async function useNodes({ round }: ChurnOptions, users: Users, until: number, { stations, recorder, draw, signal }: ChurnNeeds): Promise<number> {
  const calls: Promise<void>[] = [];
  let jobs = 0;
  for (; recorder.now() < until && !signal.aborted; await pause(draw.between(...submitEveryMs), signal)) {
    jobs += 1;
    const common = { key: `r${round}-${jobs}`, by: 'client', tasks: 1 + draw.integer(6), taskMs: Math.round(draw.between(50, 500)) } as const;
    const plan = (call: PlannedCall['call'], delayMs: number): PlannedCall => ({
      ...common,
      call,
      at: recorder.now() + delayMs,
      node: draw.pick(stations).name,
    });
    calls.push(users.make(plan('submit', 0), signal));
    if (draw.chance(0.15)) calls.push(users.make(plan('cancel', draw.between(100, 2000)), signal));
  }
  await Promise.all(calls);
  return jobs;
}

async function restartNodes({ elders }: ChurnOptions, until: number, { stations, recorder, draw, signal }: ChurnNeeds): Promise<number> {
  const others = stations.filter((station) => !elders.includes(station));
  let restarts = 0;
  for (await pause(draw.between(...restartEveryMs), signal); recorder.now() < until && !signal.aborted; await pause(draw.between(...restartEveryMs), signal)) {
    const station = draw.pick(others);
    await station.kill(draw.chance(0.5) ? 'SIGKILL' : 'SIGTERM');
    await pause(draw.between(100, 2000));
    station.launch();
    await station.ready();
    restarts += 1;
  }
  return restarts;
}

async function settled({ stations, recorder, signal }: ChurnNeeds): Promise<void> {
  const missing = await settle(stations, recorder, settleMs, signal);
  if (missing.length > 0 && !signal.aborted) throw new Error(`the cluster does not come to rest: ${missing.join('; ')}`);
}

async function removeAll(stations: readonly Station[], signal: AbortSignal): Promise<void> {
  const [first] = stations;
  if (first === undefined) return;
  for (const { id } of await first.client.call('jobs', {}, signal)) await first.client.call('remove', { params: { job: id }, body: {} }, signal);
}
