import { beforeEach, describe, expect, test } from 'vitest';
import type { EventView } from '../../../src/api/views.ts';
import { inventoryOf } from '../../support/inventories.ts';
import { attemptOf, firstTerm, recordOf } from '../../support/jobs.ts';
import { settle } from '../../support/virtual-clock.ts';
import { ApiWorld, callWith, processCounts } from './api-world.ts';
import { endedAs, failed, kept, sampleJob, sampleRecord } from './samples.ts';

let world: ApiWorld;
beforeEach(() => {
  world = new ApiWorld();
});

const ofJob = { params: { job: sampleJob.slice(0, 8) } };

describe('jobs', () => {
  test('are listed, the latest first, by phase where asked', async () => {
    world.journal.submit(sampleRecord);
    const later = world.journal.submit(recordOf({ key: 'later', submittedAt: 2000 }));
    expect((await world.call('jobs')).map((view) => view.id)).toEqual([later, sampleJob]);
    world.journal.learn({ type: 'cancelled', job: later, at: 0, generation: 1 });
    expect((await world.call('jobs', { query: { phase: 'cancelled' } })).map((view) => view.id)).toEqual([later]);
  });

  test('are found by a beginning; an unknown or ambiguous one says what to type', async () => {
    world.journal.submit(sampleRecord);
    expect((await world.call('job', ofJob)).id).toBe(sampleJob);
    await expect(world.call('job', { params: { job: '00000000' } })).rejects.toMatchObject({
      code: 'job-not-found',
      message: expect.stringContaining('00000000'),
    });
  });

  test('show what runs, by the coordinator’s word', async () => {
    world.journal.submit(sampleRecord);
    world.overviews = [{ job: sampleJob, pending: 4, running: [{ attempt: attemptOf(sampleJob, 0), fraction: 0.5, message: '', seconds: 1 }], etaSeconds: 8 }];
    expect(await world.call('job', ofJob)).toMatchObject({ tasks: { running: 1, pending: 3 }, etaSeconds: 8 });
  });

  test.each(['silent', 'nobody'] as const)('are shown from the facts while the coordinator is %s', async (state) => {
    world.journal.submit(sampleRecord);
    world.overviews = state;
    const view = world.call('job', ofJob);
    await settle();
    await world.clock.advance(1000);
    expect(await view).toMatchObject({ tasks: { total: 4, running: 0, pending: 4 } });
  });
});

describe('a user’s word becomes a fact', () => {
  beforeEach(() => void world.journal.submit(sampleRecord));

  test('cancel, once, and who does not know it yet', async () => {
    world.membership.change('c', {}, 'restarting');
    expect(await world.call('cancel', ofJob)).toMatchObject({ job: { phase: 'cancelled' }, notReached: ['c'] });
    expect(world.journal.appended.flat()).toMatchObject([{ type: 'cancelled', generation: 1 }]);
    expect(await world.call('cancel', ofJob)).toMatchObject({ job: { phase: 'cancelled' }, notReached: [] });
    expect(world.journal.appended).toHaveLength(1);
  });

  test('cancel, too late: the answer is how the job ended, not what was asked for', async () => {
    world.overviews = 'nobody';
    const told = world.call('cancel', ofJob);
    await settle();
    world.journal.learn(endedAs('succeeded'));
    await world.clock.advance(20);
    expect(await told).toMatchObject({ job: { phase: 'succeeded' } });
  });

  test('cancel, while nobody coordinates: the answer comes, and says that the end is still to be told', async () => {
    world.overviews = 'nobody';
    const told = world.call('cancel', ofJob);
    for (let second = 0; second < 12; second += 1) {
      await settle();
      await world.clock.advance(1000);
    }
    expect(await told).toMatchObject({ job: { phase: 'active' } });
  });

  test('remove, of an ended job or by force, and then it is not found any more', async () => {
    await expect(world.call('remove', { ...ofJob, body: {} })).rejects.toMatchObject({ code: 'wrong-phase', hint: expect.stringContaining('rm --force') });
    world.membership.change('c', {}, 'unreachable');
    expect(await world.call('remove', { ...ofJob, body: { force: true } })).toMatchObject({ id: sampleJob, notReached: ['c'] });
    expect(world.journal.appended.flat()).toMatchObject([{ type: 'cancelled', generation: 1 }, { type: 'removed' }]);
    await expect(world.call('remove', { ...ofJob, body: {} })).rejects.toMatchObject({ code: 'job-not-found' });
  });

  test('retry opens the next generation of an ended job, and only of one', async () => {
    await expect(world.call('retry', ofJob)).rejects.toMatchObject({ code: 'wrong-phase' });
    await world.call('cancel', ofJob);
    expect(await world.call('retry', ofJob)).toMatchObject({ phase: 'active', generation: 2 });
    expect(world.journal.appended.at(-1)).toMatchObject([{ type: 'retried', generation: 2 }]);
  });

  test('pause and resume, by the journal’s clock', async () => {
    expect((await world.call('pause', ofJob)).phase).toBe('paused');
    expect(world.journal.appended.at(-1)).toMatchObject([{ type: 'pause-set', paused: true, clock: 17, node: 'a' }]);
    await world.call('cancel', ofJob);
    await expect(world.call('resume', ofJob)).rejects.toMatchObject({ code: 'wrong-phase', message: expect.stringContaining('cancelled') });
  });
});

test('why asks the coordinator', async () => {
  world.journal.submit(sampleRecord);
  world.waiting = [{ code: 'no-program', tasks: 4, step: 'render', nodes: [] }];
  expect((await world.call('why', ofJob)).reasons[0]).toMatchObject({ code: 'no-program' });
});

test.each([
  [[], 'no-program'],
  ['nobody', 'no-coordinator'],
] as const)('why waits a moment for a coordinator: %j then', async (later, code) => {
  world.journal.submit(sampleRecord);
  world.waiting = [{ code: 'no-program', tasks: 4, step: 'render', nodes: [] }];
  world.overviews = 'nobody';
  const asked = world.call('why', ofJob);
  await settle();
  world.overviews = later;
  await world.clock.advance(5000);
  expect((await asked).reasons[0]?.code).toBe(code);
});

test('logs are the ends of what failed, and the whole log of one task', async () => {
  world.journal.submit(sampleRecord);
  world.journal.learn(failed(0, 1));
  world.journal.learn(failed(1, 1));
  expect((await world.call('logs', ofJob)).map((view) => view.lines)).toEqual([
    ['line one', 'line two'],
    ['line one', 'line two'],
  ]);
  expect(await world.call('logs', { ...ofJob, query: { task: 'frame=2' } })).toMatchObject([{ task: 'render frame=2', lines: ['whole', 'log'] }]);
});

describe('a node is paused', () => {
  test('here at once', async () => {
    expect(await world.call('pauseNode', { params: { node: 'a' } })).toMatchObject({ name: 'a', paused: true });
    expect(world.membership.member('a')?.facts.paused).toBe(true);
  });

  test('elsewhere by asking it', async () => {
    expect(await world.call('unpauseNode', { params: { node: 'b' } })).toMatchObject({ name: 'b', paused: false });
    expect(world.told).toEqual([{ to: 'b', request: { type: 'pause', paused: false } }]);
    await world.service.onRequest?.('b', { type: 'pause', paused: true });
    expect(world.membership.member('a')?.facts.paused).toBe(true);
  });

  test('not any more, but drains: that is no less paused', async () => {
    world.membership.change('b', { paused: true, inventory: inventoryOf({ labels: { draining: 'yes' } }) });
    expect(await world.call('unpauseNode', { params: { node: 'b' } })).toMatchObject({ name: 'b', paused: true });
  });

  test('not when it is out of reach, or unknown', async () => {
    await expect(world.call('pauseNode', { params: { node: 'c' } })).rejects.toMatchObject({ code: 'peer-unreachable', message: 'c cannot be reached.' });
    await expect(world.call('pauseNode', { params: { node: 'd' } })).rejects.toMatchObject({ code: 'node-not-found', hint: 'Known: a, b, c' });
  });
});

describe('/api/super-vm', () => {
  test('takes a render in the words of its users', async () => {
    const options = { quality: 'high', resolution: '1920x1080' };
    const reply = await world.call('superVmRender', { body: { sceneFile: '/scenes/a.blend', frameStart: 1, frameEnd: 10, options } });
    expect(reply).toMatchObject({ jobId: sampleJob });
    expect(world.submissions).toEqual([
      {
        type: 'render',
        settings: { sceneFile: '/scenes/a.blend', frames: '1-10', samples: 512, resolution: '1920x1080' },
        folder: '/scenes',
        outputFolder: undefined,
      },
    ]);
  });

  test.each([
    [{ frameStart: 1 }, /belong together/],
    [{ options: { quality: 'best' } }, /draft|quality/],
  ])('refuses %j', async (body, message) => {
    await expect(world.call('superVmRender', { body: { sceneFile: '/a.blend', ...body } })).rejects.toMatchObject({
      code: 'bad-setting',
      message: expect.stringMatching(message),
    });
  });

  test('answers after the end where asked to wait', async () => {
    world.journal.submit(sampleRecord);
    const reply = world.call('superVmRender', { body: { sceneFile: '/a.blend' }, query: { wait: '1' } });
    await settle();
    for (const index of [0, 1, 2, 3]) world.journal.learn(kept(index));
    world.journal.learn({ type: 'ended', job: sampleJob, at: 0, generation: 1, outcome: 'succeeded', term: firstTerm, kept: 4, failed: [] });
    for (let step = 0; step < 3; step += 1) await world.clock.advance(1000);
    expect(await reply).toMatchObject({ job: { phase: 'succeeded', tasks: { kept: 4 } } });
  });

  test('counts what it really knows', async () => {
    world.journal.submit(sampleRecord);
    world.journal.learn(kept(0));
    world.membership.change('c', {}, 'unreachable');
    expect(await world.call('superVmMetrics')).toEqual({
      ...processCounts,
      nodes: { alive: 2, suspect: 0, unreachable: 1 },
      jobs: { active: 1 },
      tasks: { kept: 1, running: 0, pending: 3, failed: 0 },
      taskSeconds: 2,
    });
  });
});

describe('the events of a job', () => {
  function follow(): { readonly seen: EventView[]; stop(): void } {
    const seen: EventView[] = [];
    const leave = new AbortController();
    const parts = callWith<'jobEvents'>({ params: { job: sampleJob }, signal: leave.signal });
    void world.api.streams.jobEvents(parts, (event) => seen.push(event));
    return { seen, stop: () => leave.abort() };
  }

  test('begin with the present and follow what changes, not what stays', async () => {
    world.journal.submit(sampleRecord);
    const { seen, stop } = follow();
    await settle();
    expect(seen).toMatchObject([{ type: 'progress', view: { tasks: { kept: 0 } } }]);
    await world.clock.advance(5000);
    expect(seen).toHaveLength(1);
    world.journal.learn(kept(0));
    await world.clock.advance(500);
    expect(seen.at(-1)).toMatchObject({ type: 'progress', view: { tasks: { kept: 1 } } });
    stop();
    world.journal.learn(kept(1));
    await world.clock.advance(5000);
    expect(seen).toHaveLength(2);
  });

  test('come in bursts no quicker than people read', async () => {
    world.journal.submit(sampleRecord);
    const { seen, stop } = follow();
    await settle();
    for (const index of [0, 1, 2, 3]) {
      world.journal.learn(kept(index));
      await world.clock.advance(10);
    }
    await world.clock.advance(1000);
    expect(seen.length).toBeLessThanOrEqual(3);
    expect(seen.at(-1)).toMatchObject({ view: { tasks: { kept: 4 } } });
    stop();
  });

  test('tell each delivered file', async () => {
    world.journal.submit(sampleRecord);
    const { seen, stop } = follow();
    await settle();
    for (const tell of world.deliveredTo) tell({ job: sampleJob, file: '1.png', digest: 'd' });
    expect(seen.at(-1)).toEqual({ type: 'delivered', job: sampleJob, file: '1.png', digest: 'd' });
    stop();
  });

  test('of an unknown job are refused at once', () => {
    expect(() => follow()).toThrow(expect.objectContaining({ code: 'job-not-found' }));
  });
});

test('a conflict is told with what each side made', async () => {
  const events: EventView[] = [];
  const leave = new AbortController();
  const parts = callWith<'events'>({ signal: leave.signal });
  void world.api.streams.events(parts, (event) => events.push(event));
  await settle();
  world.journal.submit(sampleRecord);
  world.journal.learn(kept(0, 'a', 'd'.repeat(64)));
  world.journal.learn(kept(0, 'b', 'e'.repeat(64)));
  await settle();
  leave.abort();
  const conflict = events.find((event) => event.type === 'conflict');
  expect(conflict).toMatchObject({ job: sampleJob, conflict: { task: 'render frame=1', results: [{ quorate: false }, { quorate: false }] } });
  const view = await world.call('job', ofJob);
  expect(view.conflicts).toEqual(['render frame=1']);
  expect(view.conflictingResults[0]?.results.map(({ outputs }) => outputs[0]?.digest)).toEqual(['d'.repeat(64), 'e'.repeat(64)]);
  expect((await world.call('why', ofJob)).reasons).toContainEqual(expect.objectContaining({ code: 'conflicting-results' }));
});

test('everything that happens is told to whoever listens', async () => {
  const seen: EventView[] = [];
  const leave = new AbortController();
  const parts = callWith<'events'>({ signal: leave.signal });
  void world.api.streams.events(parts, (event) => seen.push(event));
  await settle();
  world.journal.submit(sampleRecord);
  world.membership.change('c', {}, 'unreachable');
  await world.clock.advance(1000);
  expect(seen.map((event) => event.type)).toEqual(['nodes', 'fact', 'nodes']);
  leave.abort();
});

test('shutdown answers with the process that will end', async () => {
  expect(await world.call('shutdown')).toEqual({ pid: 7, words: ['--name', 'n1'] });
  await world.call('shutdown', { body: { tasks: 'leave' } });
  expect(world.stops).toEqual(['end', 'leave']);
});
