/** Thousands of connections of strangers, silent or full of garbage, against each daemon of a cluster at work: nobody is taken for dead, and hardly anything is spent on them. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../support/lab-machine.ts';
import { losses } from '../support/verdicts.ts';
import { type Report, spread, Verdict } from './figures.ts';
import { untilAcknowledged } from './submitting.ts';
import { pause, type World } from './world.ts';

const mostMoreBytes = 50 * 1024 * 1024;
const backWithinMs = 15_000;
/** Strangers come from one machine, or from so many. */
const manyAddresses = 60;
const program = join(import.meta.dirname, 'strangers.ts');

interface Taken {
  readonly residentBytes: number;
  readonly files: number;
  readonly processorMs: number;
}

/** By the kernel's word. */
function takenBy(machine: Machine): Taken {
  const status = readFileSync(`/proc/${machine.pid}/status`, 'utf8');
  const [, times = ''] = readFileSync(`/proc/${machine.pid}/stat`, 'utf8').split(') ');
  const [user, system] = times.split(' ').slice(11, 13).map(Number);
  return {
    residentBytes: 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]),
    files: readdirSync(`/proc/${machine.pid}/fd`).length,
    processorMs: 10 * ((user ?? Number.NaN) + (system ?? Number.NaN)),
  };
}

/** What is taken after the daemon had time to tidy up. */
async function quietly(machine: Machine): Promise<Taken> {
  const samples: Taken[] = [];
  for (let second = 0; second < 3; second += 1) {
    samples.push(takenBy(machine));
    await pause(1000);
  }
  const least = (value: (taken: Taken) => number): number => Math.min(...samples.map(value));
  return { residentBytes: least((taken) => taken.residentBytes), files: least((taken) => taken.files), processorMs: least((taken) => taken.processorMs) };
}

export interface FloodSize {
  /** Of strangers, kept open at each daemon. */
  readonly connections: number;
  readonly seconds: number;
}

export async function flood(world: World, { connections, seconds }: FloodSize): Promise<Report> {
  const verdict = new Verdict();
  const figures: string[] = [];
  const bridge = world.lab.bridge;
  if (bridge === undefined) throw new Error('strangers need a namespace of their own');
  const targets = await Promise.all(
    world.machines.map(async (machine) => {
      const status = await world.client(machine).call('status');
      return status.nodes.find(({ name }) => name === machine.name)?.addresses[0] ?? '';
    }),
  );
  const sources = Array.from({ length: manyAddresses }, (_, index) => `10.77.0.${index + 100}`);
  for (const source of sources) execFileSync('ip', ['-n', bridge, 'addr', 'replace', `${source}/24`, 'dev', 'br0'], { stdio: 'pipe' });
  const submit = (label: string) =>
    untilAcknowledged(world, world.machines[0] as Machine, { label: `flood-${label}-${Date.now()}`, tasks: 4 * world.machines.length, ms: 200 });
  const hasSucceeded = (label: string, { id }: { readonly id: string }): Promise<void> =>
    world.until(`the job of the flood from ${label}`, 30_000, async () => (await world.job(world.machines[0] as Machine, id)).phase === 'succeeded');
  // What a first job costs in memory is no cost of strangers.
  await hasSucceeded('nobody', await submit('nobody'));
  for (const [name, from] of [
    ['one address', []],
    [`${manyAddresses} addresses`, sources],
  ] as const) {
    const before = await Promise.all(world.machines.map(quietly));
    const since = Date.now();
    const arguments_ = ['netns', 'exec', bridge, process.execPath, program, `${connections * targets.length}`, `${seconds}`, targets.join(','), from.join(',')];
    const strangers = spawn('ip', arguments_, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    strangers.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    let isOver = false;
    const ended = once(strangers, 'close').then(() => {
      isOver = true;
    });
    // Work goes on meanwhile.
    const submitted = submit(name);
    const answers: number[] = [];
    const most = before.map(() => 0);
    const mostHeap = before.map(() => 0);
    while (!isOver) {
      const asked = performance.now();
      const machine = world.machines[answers.length % world.machines.length] as Machine;
      if ((await world.status(machine)) === undefined) verdict.failures.push(`${name}: ${machine.name} did not answer`);
      answers.push(performance.now() - asked);
      const heap = await world
        .client(machine)
        .call('superVmMetrics')
        .catch(() => undefined);
      mostHeap[world.machines.indexOf(machine)] = Math.max(mostHeap[world.machines.indexOf(machine)] ?? 0, heap?.heapBytes ?? 0);
      for (const [index, one] of world.machines.entries()) most[index] = Math.max(most[index] ?? 0, takenBy(one).residentBytes);
      await Promise.race([ended, pause(200)]);
    }
    await hasSucceeded(name, await submitted);
    const stopped = performance.now();
    const basis = before.map(({ files }) => files);
    const areBack = (): boolean => world.machines.every((machine, index) => takenBy(machine).files <= (basis[index] ?? 0) + 4);
    await world.until('file handles back at base', backWithinMs, areBack).catch((error: Error) => verdict.failures.push(`${name}: ${error.message}`));
    const back = performance.now() - stopped;
    const after = await Promise.all(world.machines.map(quietly));
    const more = most.map((bytes, index) => bytes - (before[index]?.residentBytes ?? 0));
    for (const [index, bytes] of more.entries()) {
      verdict.expect(bytes <= mostMoreBytes, `${name}: ${world.machines[index]?.name} took ${(bytes / 1024 / 1024).toFixed(1)} MiB more`);
    }
    for (const { by, of, is } of losses(world.machines, since)) verdict.failures.push(`${name}: ${by} took ${of} for ${is}`);
    const MiB = (bytes: readonly number[]): string => bytes.map((value) => `${(value / 1024 / 1024).toFixed(1)}`).join(', ');
    const counts = await Promise.all(world.machines.map((machine) => world.client(machine).call('superVmMetrics')));
    figures.push(
      `${connections} strangers at each of ${targets.length} daemons for ${seconds} s, from ${name}: ${said.trim()}`,
      `  memory at most +${MiB(more)} MiB (its heap at most ${MiB(mostHeap)} MiB), afterwards +${MiB(after.map(({ residentBytes }, index) => residentBytes - (before[index]?.residentBytes ?? 0)))} MiB`,
      `  file handles ${basis.join(', ')} before, ${after.map(({ files }) => files).join(', ')} after (${(back / 1000).toFixed(1)} s)`,
      `  processor ${after.map(({ processorMs }, index) => ((processorMs - (before[index]?.processorMs ?? 0)) / 1000).toFixed(1)).join(', ')} s`,
      `  closed at once ${counts.map(({ refusedConnections }) => refusedConnections).join(', ')}, strangers left ${counts.map(({ strangers: left }) => left).join(', ')}`,
      `  ${spread('status meanwhile', answers)}`,
    );
  }
  await world.whole();
  return { figures, failures: verdict.failures };
}
