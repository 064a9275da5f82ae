/** What real daemons think of one another, read from their logs, and a cluster in which they look closely. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lab, type LabOptions } from './lab.ts';
import type { Machine } from './lab-machine.ts';
import { startCluster } from './start-cluster.ts';

interface Verdict {
  /** Unix milliseconds. */
  readonly at: number;
  readonly by: string;
  readonly of: string;
  readonly is: string;
}

/** What the logs of these machines say that they thought of others, from `since` on. */
export function verdicts(machines: readonly Machine[], since: number): readonly Verdict[] {
  return machines.flatMap((machine) =>
    readFileSync(machine.file('logs/daemon.log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"a node is '))
      .map((line) => JSON.parse(line) as { readonly time: string | number; readonly msg: string; readonly name: string })
      .map((line) => ({ at: new Date(line.time).getTime(), by: machine.name, of: line.name, is: line.msg.split(' ').at(-1) ?? '' }))
      .filter(({ at }) => at >= since),
  );
}

export const losses = (machines: readonly Machine[], since: number) => verdicts(machines, since).filter(({ is }) => is === 'unreachable' || is === 'left');
export const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** A cluster with an open job, so that heartbeats come at the busy pace. */
export async function busyCluster(options: Partial<LabOptions> = {}): Promise<Lab> {
  const lab = Lab.create({ nodes: 3, jobTypes: ['naps'], ...options });
  try {
    await startCluster(lab, undefined);
    await lab.machine(0).json('naps', '--tasks', '1', '--ms', '600000', '--detach', '-o', join(lab.folder, 'out'));
    // Every beat has found its way by then.
    await pause(3000);
    return lab;
  } catch (error) {
    await lab[Symbol.asyncDispose]();
    throw error;
  }
}

/** Milliseconds until each of `others` had given up `victim`. */
export async function lostAfter(others: readonly Machine[], victim: Machine, since: number): Promise<readonly number[]> {
  const found = () => others.map((other) => losses([other], since).find(({ of }) => of === victim.name)?.at);
  await others[0]?.until(() => found().every((at) => at !== undefined), 20_000);
  return found().map((at) => (at ?? Number.NaN) - since);
}
