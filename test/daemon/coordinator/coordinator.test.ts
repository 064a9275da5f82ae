import { describe, expect, test } from 'vitest';
import { workProtocol } from '../../../daemon/wire/work-protocol.ts';
import type { JobId } from '../../../src/model/job.ts';
import { inventoryOf, requirementsOf } from '../../support/inventories.ts';
import { attemptOf, recordOf, stepWith } from '../../support/jobs.ts';
import { boom } from '../../support/timed-runner.ts';
import { WorkWorld } from '../../support/work-world.ts';

const three = ['a', 'b', 'c'];
const second = { number: 2, node: 'b' };

function startedAnywhere(world: WorkWorld): readonly string[] {
  return [...world.nodes.values()].flatMap((node) => node.runner.started.map((attempt) => `${attempt.step}/${attempt.index}`));
}

function tasksOf(world: WorkWorld, id: string): number {
  return world.node(id).runner.started.length;
}

describe('a job on three nodes', () => {
  test('is done, spread evenly, each task once', async () => {
    const world = await WorkWorld.start(three, { taskMs: 1000 });
    const job = world.submit(recordOf({ steps: [stepWith(20)] }));
    expect(await world.outcome(job)).toBe('succeeded');
    expect(new Set(startedAnywhere(world)).size).toBe(20);
    expect(startedAnywhere(world)).toHaveLength(20);
    expect(three.map((id) => tasksOf(world, id)).sort()).toEqual([6, 7, 7]);
    expect(world.clock.now()).toBeLessThan(7 * 1000 + 1000);
  });

  test('never runs two tasks that want a whole node on one', async () => {
    const world = await WorkWorld.start(three, { taskMs: 1000 });
    await world.outcome(world.submit(recordOf({ steps: [stepWith(20)] })));
    expect(three.map((id) => world.node(id).runner.mostRunning)).toEqual([1, 1, 1]);
  });

  test('runs as many small tasks on a node as it has cores', async () => {
    const world = await WorkWorld.start(three, { taskMs: 1000 });
    await world.outcome(world.submit(recordOf({ steps: [stepWith(60, { requirements: requirementsOf({ cores: 1 }) })] })));
    expect(three.map((id) => world.node(id).runner.mostRunning)).toEqual([4, 4, 4]);
  });

  test('runs a step only once the steps it needs have all their results', async () => {
    const world = await WorkWorld.start(three, { taskMs: 1000 });
    const job = world.submit(recordOf({ steps: [stepWith(3, { name: 'join', needs: ['render'] }), stepWith(5)] }));
    expect(await world.outcome(job)).toBe('succeeded');
    expect(world.state(job).results.size).toBe(8);
    const firstJoin = Math.min(...[...world.state(job).results.values()].filter((result) => result.attempt.step === 'join').map((result) => result.at - 1000));
    for (const result of world.state(job).results.values()) if (result.attempt.step === 'render') expect(result.at).toBeLessThanOrEqual(firstJoin);
  });

  test('ends partly failed when one task always fails, with all others kept', async () => {
    const world = await WorkWorld.start(three, { taskMs: 1000, fate: ({ index }) => (index === 7 ? boom : undefined) });
    const job = world.submit(recordOf({ steps: [stepWith(20)] }));
    expect(await world.outcome(job)).toBe('partly-failed');
    expect(world.state(job).results.size).toBe(19);
    expect(world.state(job).ended.get(1)).toMatchObject({ kept: 19, failed: [{ step: 'render', index: 7 }] });
    const tries = [...world.state(job).failures.values()].map((fact) => fact.attempt);
    expect(tries).toHaveLength(2);
    expect(new Set(tries.map((attempt) => attempt.node)).size).toBe(2);
    expect(new Set(tries.map((attempt) => attempt.attempt)).size).toBe(2);
  });

  test('a retry repeats only what failed', async () => {
    const world = await WorkWorld.start(three, { taskMs: 1000, fate: ({ index, generation }) => (index === 2 && generation === 1 ? boom : undefined) });
    const job = world.submit(recordOf({ steps: [stepWith(6, { requirements: requirementsOf({ cores: 1 }) })] }));
    expect(await world.outcome(job)).toBe('partly-failed');
    const before = startedAnywhere(world).length;
    world.tell({ type: 'retried', job, at: 0, generation: 2 });
    expect(await world.outcome(job)).toBe('succeeded');
    expect(startedAnywhere(world).slice(before)).toHaveLength(1);
  });
});

describe('when a node vanishes', () => {
  test('its tasks run elsewhere and every task has one result', async () => {
    const world = await WorkWorld.start(three, { taskMs: 1000 });
    const job = world.submit(recordOf({ steps: [stepWith(20)] }));
    await world.clock.advance(2500);
    world.kill('c');
    expect(await world.outcome(job)).toBe('succeeded');
    expect(world.state(job).results.size).toBe(20);
  });

  test('that coordinates, what runs on the others goes on and is adopted by the next coordinator', async () => {
    const world = await WorkWorld.start(three, { taskMs: 5000 });
    const job = world.submit(recordOf({ steps: [stepWith(12)] }));
    await world.clock.advance(2500);
    world.kill('a');
    world.lead(undefined);
    await world.clock.advance(1500);
    world.lead(second);
    expect(await world.outcome(job)).toBe('succeeded');
    for (const id of ['b', 'c']) {
      expect(world.node(id).runner.aborted).toEqual([]);
      const [first] = world.node(id).runner.started;
      expect(world.state(job).results.get(`render/${first?.index ?? -1}`)?.attempt).toEqual(first);
    }
    const started = ['b', 'c'].flatMap((id) => world.node(id).runner.started.map((attempt) => attempt.index));
    expect(new Set(started).size).toBe(started.length);
  });

  test('a result finished while nobody coordinates is offered to the next coordinator', async () => {
    const world = await WorkWorld.start(three, { taskMs: 1000 });
    const job = world.submit(recordOf({ steps: [stepWith(3)] }));
    await world.clock.advance(500);
    world.kill('a');
    world.lead(undefined);
    await world.clock.advance(30_000);
    expect(world.state(job).results.size).toBe(0);
    world.lead(second);
    expect(await world.outcome(job)).toBe('succeeded');
    expect(tasksOf(world, 'b') + tasksOf(world, 'c')).toBe(3);
  });

  test('only for a while, its attempt goes on and the other one is stopped when one is kept', async () => {
    const world = await WorkWorld.start(three, { taskMs: 4000 });
    const job = world.submit(recordOf({ steps: [stepWith(2)] }));
    await world.clock.advance(1000);
    const [first] = world.node('b').runner.started;
    for (const node of world.living()) node.membership.change('b', {}, 'unreachable');
    await world.clock.advance(2500);
    for (const node of world.living()) node.membership.change('b', {}, 'alive');
    expect(await world.outcome(job)).toBe('succeeded');
    await world.clock.advance(100);
    expect(world.state(job).results.get(`render/${first?.index ?? -1}`)?.attempt).toEqual(first);
    expect(world.node('c').runner.aborted.map((attempt) => attempt.index)).toEqual([first?.index]);
  });
});

describe('people', () => {
  test('who cancel stop everything at once, and the job ends cancelled', async () => {
    const world = await WorkWorld.start(three, { taskMs: 60_000 });
    const job = world.submit(recordOf({ steps: [stepWith(20)] }));
    await world.clock.advance(1000);
    world.node('c').journal.learn({ type: 'cancelled', job, at: 0, generation: 1 });
    expect(world.node('c').runner.running + world.node('c').runner.aborted.length).toBe(2);
    expect(await world.outcome(job, 500)).toBe('cancelled');
    await world.clock.advance(50);
    expect(three.map((id) => world.node(id).runner.running)).toEqual([0, 0, 0]);
    expect(three.map((id) => world.node(id).runner.forgotten)).toEqual([[job], [job], [job]]);
    await world.clock.advance(120_000);
    expect(world.state(job).results.size).toBe(0);
    expect(startedAnywhere(world)).toHaveLength(3);
  });

  test('who pause a node get nothing new started there, and what runs goes on', async () => {
    const world = await WorkWorld.start(three, { taskMs: 1000 });
    const job = world.submit(recordOf({ steps: [stepWith(20)] }));
    await world.clock.advance(1500);
    const before = tasksOf(world, 'c');
    for (const node of world.living()) node.membership.change('c', { paused: true });
    expect(await world.outcome(job)).toBe('succeeded');
    expect(tasksOf(world, 'c')).toBe(before);
    expect(world.node('c').runner.aborted).toEqual([]);
  });

  test('who pause a job stop its placing until they resume it', async () => {
    const world = await WorkWorld.start(three, { taskMs: 1000 });
    const job = world.submit(recordOf({ steps: [stepWith(20)] }));
    await world.clock.advance(1500);
    world.tell({ type: 'pause-set', job, at: 0, paused: true, clock: 1, node: 'a' });
    await world.clock.advance(60_000);
    expect(startedAnywhere(world)).toHaveLength(6);
    expect((await ask(world, job))?.code).toBe('job-paused');
    world.tell({ type: 'pause-set', job, at: 0, paused: false, clock: 2, node: 'a' });
    expect(await world.outcome(job)).toBe('succeeded');
  });

  test('see how a job stands: what runs where, how far, and when it will be done', async () => {
    const world = await WorkWorld.start(three, { taskMs: 4000 });
    const job = world.submit(recordOf({ steps: [stepWith(12)] }));
    await world.clock.advance(1000);
    expect(await overview(world, job)).toMatchObject({ pending: 6, etaSeconds: undefined });
    await world.clock.advance(6000);
    const standing = await overview(world, job);
    expect(standing?.running.map((running) => running.fraction)).toEqual([0.5, 0.5, 0.5]);
    expect(standing?.etaSeconds).toBeCloseTo(((9 - 1.5) * 4) / 3);
  });

  test('learn why a job waits', async () => {
    const world = await WorkWorld.start(['a', 'b'], { taskMs: 60_000 });
    const job = world.submit(recordOf({ steps: [stepWith(20)] }));
    await world.clock.advance(1000);
    expect(await ask(world, job)).toMatchObject({ code: 'all-busy', tasks: 16, step: 'render' });
    const other = world.submit(recordOf({ key: 'other', steps: [stepWith(2, { requirements: requirementsOf({ programs: [{ name: 'ffmpeg' }] }) })] }));
    await world.clock.advance(100);
    expect(await ask(world, other)).toMatchObject({ code: 'no-program', nodes: [{ node: 'a', reason: 'has no ffmpeg' }, { node: 'b' }] });
    for (const id of ['a', 'b']) for (const node of world.living()) node.membership.change(id, { inventory: inventoryOf({ programs: [] }) });
    await world.clock.advance(100);
    expect(await ask(world, job)).toMatchObject({ code: 'no-program' });
  });

  test('are told when nobody coordinates', async () => {
    const world = await WorkWorld.start(three, { taskMs: 1000 });
    world.lead(undefined);
    await expect(world.node('b').client.overview(undefined)).rejects.toMatchObject({ code: 'no-coordinator' });
  });
});

async function overview(world: WorkWorld, job: JobId) {
  const answer = world.node('b').client.overview(job);
  await world.clock.advance(200);
  return (await answer)[0];
}

async function ask(world: WorkWorld, job: JobId) {
  const answer = world.node('b').client.why(job);
  await world.clock.advance(200);
  return (await answer)[0];
}

describe('bad luck', () => {
  test('a node that fails through its own fault rests and does not eat the job', async () => {
    const full = { ...boom, code: 'disk-full', blameNode: true };
    const world = await WorkWorld.start(three, { taskMs: 1000, fate: ({ node }) => (node === 'c' ? full : undefined) });
    const job = world.submit(recordOf({ steps: [stepWith(40)] }));
    expect(await world.outcome(job)).toBe('succeeded');
    expect(tasksOf(world, 'c')).toBeLessThanOrEqual(6);
  });

  test('where every disk is full, why names the nodes and the cause', async () => {
    const full = { ...boom, code: 'disk-full', message: 'no room left for blobs', blameNode: true };
    const world = await WorkWorld.start(three, { taskMs: 100, fate: () => full });
    const job = world.submit(recordOf({ steps: [stepWith(8)] }));
    await world.clock.advance(3500);
    const told = await ask(world, job);
    expect(told).toMatchObject({ code: 'all-busy', detail: 'disk' });
    expect(told?.nodes.map(({ reason }) => reason)).toEqual(three.map(() => 'rests after a failure: its disk is full (no room left for blobs)'));
  });

  test('a node that says its disk takes nothing gets no task until it says otherwise', async () => {
    const world = await WorkWorld.start(three, { taskMs: 100 });
    const { inventory } = world.node('c').membership.member('c')?.facts ?? { inventory: inventoryOf() };
    const label = async (labels: { readonly [name: string]: string }): Promise<void> => {
      for (const { membership } of world.nodes.values()) membership.change('c', { inventory: { ...inventory, labels } });
      await world.clock.advance(100);
    };
    await label({ records: 'disk-read-only' });
    await world.outcome(world.submit(recordOf({ key: 'one', steps: [stepWith(20)] })));
    expect(tasksOf(world, 'c')).toBe(0);
    await label({});
    await world.outcome(world.submit(recordOf({ key: 'two', steps: [stepWith(20)] })));
    expect(tasksOf(world, 'c')).toBeGreaterThan(0);
  });

  test('inputs that nobody has are waited for, not counted as failures', async () => {
    const missing = { ...boom, code: 'file-missing', blameNode: true };
    const world = await WorkWorld.start(three, { taskMs: 100, fate: () => missing });
    const job = world.submit(recordOf({ steps: [stepWith(3)] }));
    await world.clock.advance(2000);
    expect((await ask(world, job))?.code).toBe('inputs-missing');
    expect(world.state(job).failures.size).toBe(0);
    for (const node of world.living()) node.runner.options = { taskMs: 100 };
    expect(await world.outcome(job)).toBe('succeeded');
  });

  test('a coordinator of a lower term is not obeyed', async () => {
    const world = await WorkWorld.start(three, { taskMs: 60_000 });
    const job = world.submit(recordOf({ steps: [stepWith(3)] }));
    await world.clock.advance(1000);
    world.lead(second);
    await world.clock.advance(3000);
    const running = world.node('c').runner.started;
    world.node('a').messenger.send('c', workProtocol, { type: 'stop', term: { number: 1, node: 'a' }, attempts: running });
    const assign = {
      type: 'assign',
      term: { number: 1, node: 'a' },
      batch: 9,
      attempts: [{ attempt: attemptOf(job, 1, { node: 'c' }), holders: [] }],
    } as const;
    const reply = world.node('a').messenger.request('c', workProtocol, assign, 1000);
    await world.clock.advance(500);
    expect(await reply).toEqual({ type: 'fenced', term: second });
    expect(world.node('c').runner.aborted).toEqual([]);
  });

  test('a node that claims another term than its own is not obeyed', async () => {
    const world = await WorkWorld.start(three, { taskMs: 60_000 });
    world.submit(recordOf({ steps: [stepWith(3)] }));
    await world.clock.advance(1000);
    world.node('b').messenger.send('c', workProtocol, { type: 'stop', term: { number: 1, node: 'a' }, attempts: world.node('c').runner.started });
    await world.clock.advance(500);
    expect(world.node('c').runner.aborted).toEqual([]);
  });

  test('a worker that falls silent without being unreachable loses its lease', async () => {
    const world = await WorkWorld.start(three, { taskMs: 20_000 });
    const job = world.submit(recordOf({ steps: [stepWith(3)] }));
    await world.clock.advance(1000);
    const index = world.node('c').runner.started[0]?.index;
    world.network.crash('c');
    expect(await world.outcome(job)).toBe('succeeded');
    expect(world.state(job).results.get(`render/${index ?? -1}`)?.attempt.node).not.toBe('c');
  });
});
