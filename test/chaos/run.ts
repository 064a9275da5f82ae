/** One run: starts a cluster, does what the plan says, heals, and judges. */

import { pause } from '../../src/cli/clock.ts';
import { seededRandomness } from '../support/seeded-randomness.ts';
import { check } from './check/check.ts';
import type { Violation } from './check/violation.ts';
import { recordFinals, settle } from './ending.ts';
import type { Profile } from './faults/profile.ts';
import { strikeAll } from './faults/strike.ts';
import { figures } from './figures.ts';
import { linesOf } from './history.ts';
import { Laboratory } from './laboratory.ts';
import { drawPlan, type PlanOptions } from './plan.ts';
import { Recorder } from './recorder.ts';
import { Users } from './users.ts';
import { watchCluster } from './watcher.ts';

export interface RunOptions extends PlanOptions {
  /** The history and the daemons' logs are written there. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly figures: readonly string[];
  readonly interrupted: boolean;
}

/** Of each home: enough for a run, and soon filled. */
const diskBytes = 96 * 1024 * 1024;
const progressMs = 15_000;
const quietMs = 2000;

export async function run(options: RunOptions): Promise<Verdict> {
  const { folder, profile, seed, say, signal } = options;
  const plan = drawPlan(options);
  const recorder = new Recorder(folder);
  const movesClocks = plan.faults.some(({ kind }) => kind === 'clock');
  try {
    await using laboratory = Laboratory.create({ nodes: plan.nodes.length, diskBytes, movesClocks }, { recorder });
    const { stations, network } = laboratory;
    try {
      for (const station of stations) station.launch();
      await Promise.all(stations.map((station) => station.ready()));
      const missing = await settle(stations, recorder, 120_000, signal);
      if (missing.length > 0) throw new Error(`the cluster did not form: ${missing.join('; ')}`);
      say(`${stations.length} daemons are one cluster; ${plan.faults.length} faults and ${plan.calls.length} calls in ${options.minutes} minutes`);
      recorder.restart({ type: 'run', seed, profile: profile.name, nodes: plan.nodes, wallTime: new Date().toISOString() });
      await goThrough(plan, { laboratory, recorder, draw: seededRandomness(seed).fork('strikes'), signal, say }, profile);
      await network.clear();
    } finally {
      laboratory.saveLogs(folder);
    }
  } finally {
    await recorder.close();
  }
  const violations = signal.aborted ? [] : check(recorder.history, profile.bounds);
  return { violations, figures: figures(recorder.history, profile.bounds), interrupted: signal.aborted };
}

interface Going {
  readonly laboratory: Laboratory;
  readonly recorder: Recorder;
  readonly draw: ReturnType<typeof seededRandomness>;
  readonly signal: AbortSignal;
  say(line: string): void;
}

async function goThrough(plan: ReturnType<typeof drawPlan>, { laboratory, recorder, draw, signal, say }: Going, profile: Profile): Promise<void> {
  const { stations, network, lab } = laboratory;
  const users = new Users({ folder: lab.folder }, { stations, recorder });
  const watching = new AbortController();
  const until = AbortSignal.any([signal, watching.signal]);
  const watched = watchCluster({ stations, recorder, draw: draw.fork('watch'), jobs: () => users.jobs }, until);
  const told = tellProgress(recorder, plan.healAt, say, until);
  const faults = strikeAll(plan.faults, profile, { stations, network, recorder, draw, acknowledged: users.acknowledged.bind(users) }, signal);
  const calls = plan.calls.map((call) => users.make(call, signal));
  await Promise.all([faults, pause(plan.healAt - recorder.now(), signal)]);
  recorder.record({ type: 'healed' });
  await Promise.all(calls);
  await settle(stations, recorder, profile.bounds.settleMs * 2, signal);
  // What a cancelled job yields late must have time to show.
  await pause(quietMs, signal);
  watching.abort();
  await Promise.all([watched, told]);
  const keys = users.jobs;
  if (!signal.aborted) await recordFinals(stations, recorder, ({ id, name }) => keys.get(id) ?? name);
}

async function tellProgress(recorder: Recorder, healAt: number, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  for (await pause(progressMs, signal); !signal.aborted; await pause(progressMs, signal)) {
    const calls = linesOf(recorder.history, 'call');
    const tasks = linesOf(recorder.history, 'task').filter(({ happened }) => happened === 'end').length;
    const faults = linesOf(recorder.history, 'fault').filter(({ happened }) => happened === 'began').length;
    const failed = calls.filter(({ outcome }) => outcome === 'failed').length;
    const done = Math.round(recorder.now() / 1000);
    say(`${done} of ${Math.round(healAt / 1000)} s: ${faults} faults, ${calls.length} calls (${failed} failed), ${tasks} tasks done`);
  }
}
