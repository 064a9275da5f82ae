/** Needs root and network namespaces: what real daemons think of one another when machines die, stand still, stall, or are hard to reach. */
import { spawn } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { StatusView } from '../../src/api/views.ts';
import { Lab, type LabOptions } from '../support/lab.ts';
import type { Machine } from '../support/lab-machine.ts';
import { startCluster, writeClusterKey } from '../support/start-cluster.ts';

interface Verdict {
  /** Unix milliseconds. */
  readonly at: number;
  readonly by: string;
  readonly of: string;
  readonly is: string;
}

/** What the logs of these machines say that they thought of others, from `since` on. */
function verdicts(machines: readonly Machine[], since: number): readonly Verdict[] {
  return machines.flatMap((machine) =>
    readFileSync(machine.file('logs/daemon.log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"a node is '))
      .map((line) => JSON.parse(line) as { readonly time: string | number; readonly msg: string; readonly name: string })
      .map((line) => ({ at: new Date(line.time).getTime(), by: machine.name, of: line.name, is: line.msg.split(' ').at(-1) ?? '' }))
      .filter(({ at }) => at >= since),
  );
}

const losses = (machines: readonly Machine[], since: number) => verdicts(machines, since).filter(({ is }) => is === 'unreachable' || is === 'left');
const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** A cluster with an open job, so that heartbeats come at the busy pace. */
async function busyCluster(options: Partial<LabOptions> = {}): Promise<Lab> {
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
async function lostAfter(others: readonly Machine[], victim: Machine, since: number): Promise<readonly number[]> {
  const found = () => others.map((other) => losses([other], since).find(({ of }) => of === victim.name)?.at);
  await others[0]?.until(() => found().every((at) => at !== undefined), 20_000);
  return found().map((at) => (at ?? Number.NaN) - since);
}

test('a killed daemon is lost at once, a stopped one and a pulled cable in seconds, and all come back', async () => {
  await using lab = await busyCluster();
  const [one, two, three] = lab.machines as readonly [Machine, Machine, Machine];
  let since = Date.now();
  three.signal('SIGSTOP');
  const stopped = await lostAfter([one, two], three, since);
  three.signal('SIGCONT');
  await one.until(() => verdicts([one, two], since).filter(({ of, is }) => of === three.name && is === 'alive').length === 2, 20_000);
  since = Date.now();
  lab.cable(2, false);
  const unplugged = await lostAfter([one, two], three, since);
  lab.cable(2, true);
  await one.until(() => verdicts([one, two], since).filter(({ of, is }) => of === three.name && is === 'alive').length === 2, 60_000);
  since = Date.now();
  await three.kill('SIGKILL');
  const killed = await lostAfter([one, two], three, since);
  process.stdout.write(`detection_ms stopped ${stopped.join(' ')}, unplugged ${unplugged.join(' ')}, killed ${killed.join(' ')}\n`);
  for (const ms of [...stopped, ...unplugged]) expect(ms).toBeLessThan(6000);
  for (const ms of killed) expect(ms).toBeLessThan(1500);
  expect(losses([one, two], since).map(({ of }) => of)).toEqual([three.name, three.name]);
}, 180_000);

test('nobody is lost though packets are, daemons stand still in short beats, and every core is taken', async () => {
  await using lab = await busyCluster();
  const since = Date.now();
  lab.machines.forEach((_, index) => {
    lab.filter(index, 'add table inet weather', 'add chain inet weather in { type filter hook input priority 0 ; }');
    lab.filter(index, 'add rule inet weather in numgen random mod 10 < 1 drop');
  });
  await pause(15_000);
  expect(losses(lab.machines, since)).toEqual([]);
  for (let beat = 0; beat < 20; beat += 1) {
    lab.machine(1).signal('SIGSTOP');
    await pause(300);
    lab.machine(1).signal('SIGCONT');
    await pause(300);
  }
  expect(losses(lab.machines, since)).toEqual([]);
  const burners = Array.from({ length: 2 * availableParallelism() }, () => spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
  await pause(15_000);
  for (const burner of burners) burner.kill('SIGKILL');
  expect(losses(lab.machines, since)).toEqual([]);
}, 180_000);

test('a main loop busy for four seconds is not lost, one that stands still for thirteen is until it goes on', async () => {
  const stall = resolve(import.meta.dirname, '../support/stall-on-signal.ts');
  const times = ['4000', '13000'];
  await using lab = await busyCluster({
    variables: (index) => (index === 0 ? {} : { NODE_OPTIONS: `--import ${stall}`, STALL_MS: times[index - 1] as string }),
  });
  const [one, short, long] = lab.machines as readonly [Machine, Machine, Machine];
  let since = Date.now();
  short.signal('SIGUSR2');
  await pause(6000);
  expect(losses(lab.machines, since)).toEqual([]);
  since = Date.now();
  long.signal('SIGUSR2');
  const lost = await lostAfter([one, short], long, since);
  for (const ms of lost) expect(ms).toBeGreaterThan(8000);
  await one.until(() => verdicts([one, short], since).filter(({ of, is }) => of === long.name && is === 'alive').length === 2, 30_000);
}, 180_000);

test('without UDP heartbeats go over the connections', async () => {
  await using lab = await busyCluster();
  lab.machines.forEach((_, index) => {
    lab.filter(index, 'add table inet wall', 'add chain inet wall in { type filter hook input priority 0 ; }', 'add rule inet wall in udp dport 7946 drop');
  });
  let since = Date.now();
  await pause(10_000);
  expect(losses(lab.machines, since)).toEqual([]);
  since = Date.now();
  lab.machine(2).signal('SIGSTOP');
  for (const ms of await lostAfter(lab.machines.slice(0, 2), lab.machine(2), since)) expect(ms).toBeLessThan(6000);
}, 120_000);

test('two machines with one key are both refused and told so, the others go on, and the one that is left is let in again', async () => {
  await using lab = Lab.create({ nodes: 4 });
  const [one, two, original, copy] = lab.machines as readonly [Machine, Machine, Machine, Machine];
  const key = writeClusterKey(lab);
  for (const machine of [one, two, original]) await machine.start('--cluster-key', key);
  await one.until(async () => (await one.json<StatusView>('status')).totals.nodes === 3, 30_000);
  const since = Date.now();
  cpSync(original.file('node.key'), copy.file('node.key'));
  await copy.start('--cluster-key', key);
  const problemsOf = async (machine: Machine): Promise<readonly string[]> =>
    (await machine.json<StatusView>('status')).durability.problems.map((problem) => problem.message);
  await original.until(async () => (await problemsOf(original)).some((problem) => problem.includes('also in use')), 60_000);
  await copy.until(async () => (await problemsOf(copy)).some((problem) => problem.includes('also in use')), 60_000);
  for (const machine of [original, copy]) expect(readFileSync(machine.file('logs/daemon.log'), 'utf8')).toContain('in use twice');
  expect((await copy.run('status')).stdout).toContain(`delete ${copy.file('node.key')} there`);
  await one.until(async () => (await one.json<StatusView>('status')).totals.nodes === 2, 30_000);
  // Both keep trying: neither gets in for a moment, and nobody else is thrown out.
  const settled = Date.now();
  await pause(20_000);
  expect(verdicts([one, two], settled)).toEqual([]);
  expect(losses([one, two], since).filter(({ of }) => of === one.name || of === two.name)).toEqual([]);
  await copy.kill('SIGTERM');
  await one.until(async () => (await one.json<StatusView>('status')).totals.nodes === 3, 150_000);
}, 300_000);
