/** Needs root, network namespaces and bubblewrap: a real daemon whose launcher stands still in mid-task. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allProcesses, processesOf } from '../proofs/processes.ts';
import { World } from '../proofs/world.ts';
import type { Machine } from '../support/lab-machine.ts';

/** Milliseconds; longer than the daemon waits for its launcher. */
const nap = 40_000;

// They mostly wait.
test.concurrent.each(['runs on', 'is killed and starts again'])(
  'a launcher is stopped while its daemon %s: it is replaced, and its task is done again, once',
  async (daemon) => {
    await using world = await World.start(1);
    const [machine] = world.machines as [Machine];
    const { id = '' } = await world.submit(machine, { in: 'process', label: 'stopped', tasks: 1, ms: nap, stay: 'escape' });
    await world.until('a running task', 30_000, async () => (await world.job(machine, id)).running.some(({ message }) => message === 'asleep'));
    const record = JSON.parse(readFileSync(join(machine.home, 'work', 'launcher.json'), 'utf8')) as { readonly pid: number };
    const before = processesOf(machine.home).filter(({ pid }) => pid !== machine.pid);
    expect(before.map(({ pid }) => pid)).toContain(record.pid);
    process.kill(record.pid, 'SIGSTOP');
    if (daemon !== 'runs on') {
      await machine.kill('SIGKILL');
      await machine.start();
    }
    await world.until('the end of the job', 150_000, async () => (await world.job(machine, id).catch(() => undefined))?.phase === 'succeeded');
    const left = allProcesses().map(({ pid }) => pid);
    expect(before.filter(({ pid }) => left.includes(pid))).toEqual([]);
    // Each attempt that began has a log.
    expect(readdirSync(join(machine.home, 'logs', 'attempts', id.slice(0, 16)))).toHaveLength(2);
    expect(await world.client(machine).call('results', { params: { job: id } })).toHaveLength(1);
  },
  240_000,
);
