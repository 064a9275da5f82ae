/** Needs root, network namespaces and bubblewrap: real daemons that end in mid-task, and come back or do not. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JobView, ResultView } from '../../src/api/views.ts';
import { cancelUntilTold } from '../proofs/cancel.ts';
import { allProcesses, processesOf } from '../proofs/processes.ts';
import { type Naps, World } from '../proofs/world.ts';
import type { Machine } from '../support/lab-machine.ts';

async function submit(world: World, machine: Machine, settings: Naps): Promise<string> {
  const { id } = await world.submit(machine, { in: 'process', ...settings });
  if (id === undefined) throw new Error('nothing to do');
  return id;
}

/** Resolves once so many tasks of the job run, by the word of this machine. */
async function running(world: World, machine: Machine, id: string, count: number): Promise<void> {
  await world.until(`${count} running tasks`, 60_000, async () => {
    const { running } = await world.job(machine, id);
    return running.filter(({ message }) => message === 'asleep').length >= count;
  });
}

async function ended(world: World, machine: Machine, id: string): Promise<JobView> {
  await world.until('the end of the job', 150_000, async () => (await world.job(machine, id)).phase === 'succeeded');
  return world.job(machine, id);
}

async function results(world: World, machine: Machine, id: string): Promise<readonly ResultView[]> {
  return world.client(machine).call('results', { params: { job: id } });
}

/** Session processes of the machine, each with the start time that tells it from another of its number. */
function sessions(machine: Machine): readonly number[] {
  return processesOf(machine.home)
    .filter(({ command }) => /\/session(\.js|\/main\.ts)$/.test(command) && !command.includes('bwrap'))
    .map(({ pid }) => pid);
}

describe('a daemon that ends in mid-task', () => {
  // Three lone machines at once: one of them does nothing but wait for a minute.
  test.concurrent('by kill -9, and is started again: the same processes finish what they had', async () => {
    await using world = await World.start(1);
    const [machine] = world.machines as [Machine];
    const id = await submit(world, machine, { label: 'killed', tasks: 2, ms: 8_000 });
    await running(world, machine, id, 2);
    const before = sessions(machine);
    expect(before).toHaveLength(2);
    await machine.kill('SIGKILL');
    await machine.start();
    // None is opened anew, however long the start has taken.
    expect(before).toEqual(expect.arrayContaining([...sessions(machine)]));
    expect((await ended(world, machine, id)).failures).toEqual([]);
    const pids = (await results(world, machine, id)).map((result) => result.process);
    expect(pids.toSorted((a, b) => a - b)).toEqual(before.toSorted((a, b) => a - b));
  });

  test.concurrent('comes back after its tasks have ended: their results are not lost', async () => {
    await using world = await World.start(1);
    const [machine] = world.machines as [Machine];
    const id = await submit(world, machine, { label: 'late', tasks: 2, ms: 3_000 });
    await running(world, machine, id, 2);
    const before = sessions(machine);
    await machine.kill('SIGKILL');
    await world.until('the end of the tasks', 60_000, () => !processesOf(machine.home).some(({ command }) => command === 'sleep 3'));
    await machine.start();
    await ended(world, machine, id);
    expect((await results(world, machine, id)).every((result) => before.includes(result.process))).toBe(true);
  });

  test.concurrent('for good: nothing of it is left after the patience of its launcher', async () => {
    await using world = await World.start(1);
    const [machine] = world.machines as [Machine];
    const id = await submit(world, machine, { label: 'orphans', tasks: 2, ms: 600_000, stay: 'escape' });
    await running(world, machine, id, 2);
    const own = processesOf(machine.home).map(({ pid }) => pid);
    await machine.kill('SIGKILL');
    expect(sessions(machine)).toHaveLength(2);
    const alive = (): boolean => allProcesses().some(({ pid }) => own.includes(pid));
    await world.until('the end of everything', 150_000, () => !alive());
  });

  test('while its job is cancelled elsewhere: what it had ends soon after it is back', async () => {
    await using world = await World.start(3);
    const [asked, victim] = world.machines as [Machine, Machine];
    const id = await submit(world, asked, { label: 'cancelled', tasks: 6, ms: 600_000 });
    await running(world, asked, id, 6);
    expect(sessions(victim).length).toBeGreaterThan(0);
    await victim.kill('SIGKILL');
    await cancelUntilTold(world, asked, id);
    await victim.start();
    await world.until('the end of its sessions', 60_000, () => sessions(victim).length === 0);
  });
});

describe('a cluster under load', () => {
  test('whose daemons are restarted one by one fails no attempt and runs no task twice', async () => {
    await using world = await World.start(3);
    const [asked] = world.machines as [Machine];
    const id = await submit(world, asked, { label: 'upgrade', tasks: 60, ms: 1_500 });
    // On every processor: a session that is just being opened is not adopted, and its task begins again.
    await running(world, asked, id, 6);
    for (const machine of world.machines) {
      await machine.kill('SIGTERM');
      await machine.start();
      await world.until(
        'all to be there',
        60_000,
        async () => ((await world.status(asked))?.nodes.filter((node) => node.reachability === 'alive').length ?? 0) === 3,
      );
    }
    const view = await ended(world, asked, id);
    expect(view).toMatchObject({ failures: [], conflicts: [] });
    expect(await results(world, asked, id)).toHaveLength(60);
    // Each attempt that began has a log on its machine, whatever became of it.
    const begun = world.machines.flatMap((machine) => readdirSync(join(machine.home, 'logs', 'attempts', id.slice(0, 16))));
    expect(begun.map((name) => Number(/^nap-(\d+)\./.exec(name)?.[1])).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index));
  });
});

describe('supervm down', () => {
  test('waits for what runs, and takes nothing new meanwhile', async () => {
    await using world = await World.start(2);
    const [asked, leaving] = world.machines as [Machine, Machine];
    // Long enough that none ends before the machine drains, however slow that command starts.
    const id = await submit(world, asked, { label: 'drain', tasks: 6, ms: 10_000 });
    await running(world, asked, id, 4);
    const typed = leaving.type('down');
    const { code, stdout, stderr } = await typed.finished;
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('has stopped') });
    expect(stderr).toMatch(/waits for 2 tasks; the longest has been running for .*supervm down --now/);
    expect(processesOf(leaving.home)).toEqual([]);
    const view = await ended(world, asked, id);
    expect(view.failures).toEqual([]);
    expect((await results(world, asked, id)).filter(({ nodeName }) => nodeName === leaving.name)).toHaveLength(2);
  });

  test('gives up after --timeout and on Ctrl-C, and the machine takes tasks as before', async () => {
    await using world = await World.start(1);
    const [machine] = world.machines as [Machine];
    const id = await submit(world, machine, { label: 'stays', tasks: 2, ms: 600_000 });
    await running(world, machine, id, 2);
    expect(await machine.run('down', '--timeout', '1')).toMatchObject({ code: 6, stderr: expect.stringContaining('takes tasks again') });
    const typed = machine.type('down');
    await world.until('its words', 60_000, () => typed.output().includes('waits for'));
    await world.until('no new tasks', 60_000, async () => (await world.status(machine))?.nodes[0]?.paused === true);
    typed.child.kill('SIGINT');
    expect((await typed.finished).code).toBe(130);
    await world.until('new tasks', 60_000, async () => (await world.status(machine))?.nodes[0]?.paused === false);
    expect(sessions(machine)).toHaveLength(2);
  });

  test('--now ends what runs, which is no failure and is done elsewhere', async () => {
    await using world = await World.start(2);
    const [asked, leaving] = world.machines as [Machine, Machine];
    const id = await submit(world, asked, { label: 'now', tasks: 4, ms: 8_000 });
    await running(world, asked, id, 4);
    expect(await leaving.run('down', '--now')).toMatchObject({ code: 0, stdout: expect.stringContaining('goes back to the cluster') });
    expect(processesOf(leaving.home)).toEqual([]);
    expect((await ended(world, asked, id)).failures).toEqual([]);
  });
});
