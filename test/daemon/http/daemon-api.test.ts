import { beforeEach, describe, expect, test } from 'vitest';
import type { JobOverview, WaitingReason } from '../../../daemon/coordinator/coordination.ts';
import type { ApiService, Call } from '../../../daemon/http/api-service.ts';
import { createDaemonApi } from '../../../daemon/http/daemon-api.ts';
import type { DeliveryState } from '../../../daemon/http/services.ts';
import type { Messenger } from '../../../daemon/wire/messenger.ts';
import type { RouteName, RouteTypes, SubmitRequest } from '../../../src/api/requests.ts';
import type { EventView } from '../../../src/api/views.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import { receiptOf } from '../../support/fake-api.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';
import { attemptOf, firstTerm, recordOf } from '../../support/jobs.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { settle, VirtualClock } from '../../support/virtual-clock.ts';
import { failed, kept, sampleJob, sampleRecord } from './samples.ts';

let clock: VirtualClock;
let membership: FixedMembership;
let journal: MemoryJournal & { nextClock(): number };
let overviews: readonly JobOverview[] | 'silent' | 'nobody';
let waiting: readonly WaitingReason[];
let submissions: SubmitRequest[];
let told: { to: string; request: unknown }[];
let delivery: DeliveryState | undefined;
let deliveredTo: ((event: { job: string; file: string; digest: string }) => void)[];
let shutdowns: number;
let service: { onRequest?(from: string, request: unknown): Promise<unknown> } = {};
let api: ApiService;

beforeEach(() => {
  clock = new VirtualClock();
  membership = new FixedMembership('a', ['a', 'b', 'c']);
  journal = Object.assign(new MemoryJournal(), { nextClock: () => 17 });
  overviews = [];
  waiting = [];
  submissions = [];
  told = [];
  delivery = undefined;
  deliveredTo = [];
  shutdowns = 0;
  const messenger = {
    request: async (to: string, _: unknown, request: unknown) => {
      if (to === 'c') throw new SupervmError('peer-unreachable', 'gone');
      told.push({ to, request });
      return { type: 'done' };
    },
    serve: (_: unknown, served: typeof service) => {
      service = served;
    },
  } as unknown as Messenger;
  api = createDaemonApi(
    { version: '1.2.3', cluster: 'f00' },
    {
      clock,
      membership,
      journal,
      messenger,
      leadership: { current: () => firstTerm, isMine: () => true, onChange: () => undefined },
      coordination: {
        overview: async () => {
          if (overviews === 'nobody') throw new SupervmError('no-coordinator', 'none');
          return overviews === 'silent' ? new Promise<never>(() => undefined) : overviews;
        },
        why: async () => waiting,
      },
      submitter: {
        submit: async (request) => {
          submissions.push(request);
          return receiptOf({ id: sampleJob });
        },
      },
      deliveries: {
        state: () => delivery,
        onDelivered: (listener) => void deliveredTo.push(listener),
        onProblem: () => undefined,
        deliver: async (_, { folder }) => ({ folder, files: 1, bytes: 1, skipped: 0, missing: 0 }),
      },
      inviter: { invite: async () => ({ line: 'secret', expiresAt: 1 }) },
      attemptLogs: { read: async (_, offset) => Buffer.from(offset === 0 ? 'whole\nlog\n' : '') },
      shutdown: () => {
        shutdowns += 1;
      },
      process: () => ({ uptimeSeconds: 5, residentBytes: 6, pid: 7 }),
    },
  );
});

type Once = Exclude<RouteName, 'events' | 'jobEvents'>;

function call<K extends Once>(name: K, parts: Partial<Call<K>> = {}): Promise<RouteTypes[K]['reply']> {
  const answer = api[name] as (call: Call<K>) => Promise<RouteTypes[K]['reply']>;
  return answer({ params: {}, query: {}, body: undefined, signal: new AbortController().signal, progress: () => undefined, ...parts } as Call<K>);
}

const ofJob = { params: { job: sampleJob.slice(0, 8) } };

describe('jobs', () => {
  test('are listed, the latest first, by phase where asked', async () => {
    journal.submit(sampleRecord);
    const later = journal.submit(recordOf({ key: 'later', submittedAt: 2000 }));
    expect((await call('jobs')).map((view) => view.id)).toEqual([later, sampleJob]);
    journal.learn({ type: 'cancelled', job: later, at: 0, generation: 1 });
    expect((await call('jobs', { query: { phase: 'cancelled' } })).map((view) => view.id)).toEqual([later]);
  });

  test('are found by a beginning; an unknown or ambiguous one says what to type', async () => {
    journal.submit(sampleRecord);
    expect((await call('job', ofJob)).id).toBe(sampleJob);
    await expect(call('job', { params: { job: '00000000' } })).rejects.toMatchObject({ code: 'job-not-found', message: expect.stringContaining('00000000') });
  });

  test('show what runs, by the coordinator’s word', async () => {
    journal.submit(sampleRecord);
    overviews = [{ job: sampleJob, pending: 4, running: [{ attempt: attemptOf(sampleJob, 0), fraction: 0.5, message: '', seconds: 1 }], etaSeconds: 8 }];
    expect(await call('job', ofJob)).toMatchObject({ tasks: { running: 1, pending: 3 }, etaSeconds: 8 });
  });

  test.each(['silent', 'nobody'] as const)('are shown from the facts while the coordinator is %s', async (state) => {
    journal.submit(sampleRecord);
    overviews = state;
    const view = call('job', ofJob);
    await settle();
    await clock.advance(1000);
    expect(await view).toMatchObject({ tasks: { total: 4, running: 0, pending: 4 } });
  });
});

describe('a user’s word becomes a fact', () => {
  beforeEach(() => void journal.submit(sampleRecord));

  test('cancel, once, and who does not know it yet', async () => {
    membership.change('c', {}, 'unreachable');
    expect(await call('cancel', ofJob)).toMatchObject({ job: { phase: 'cancelled' }, notReached: ['c'] });
    expect(journal.appended.flat()).toMatchObject([{ type: 'cancelled', generation: 1 }]);
    expect(await call('cancel', ofJob)).toMatchObject({ job: { phase: 'cancelled' }, notReached: [] });
    expect(journal.appended).toHaveLength(1);
  });

  test('retry opens the next generation of an ended job, and only of one', async () => {
    await expect(call('retry', ofJob)).rejects.toMatchObject({ code: 'wrong-phase' });
    await call('cancel', ofJob);
    expect(await call('retry', ofJob)).toMatchObject({ phase: 'active', generation: 2 });
    expect(journal.appended.at(-1)).toMatchObject([{ type: 'retried', generation: 2 }]);
  });

  test('pause and resume, by the journal’s clock', async () => {
    expect((await call('pause', ofJob)).phase).toBe('paused');
    expect(journal.appended.at(-1)).toMatchObject([{ type: 'pause-set', paused: true, clock: 17, node: 'a' }]);
    await call('cancel', ofJob);
    await expect(call('resume', ofJob)).rejects.toMatchObject({ code: 'wrong-phase', message: expect.stringContaining('cancelled') });
  });
});

test('why asks the coordinator', async () => {
  journal.submit(sampleRecord);
  waiting = [{ code: 'no-program', tasks: 4, step: 'render', nodes: [] }];
  expect((await call('why', ofJob)).reasons[0]).toMatchObject({ code: 'no-program' });
});

test('logs are the ends of what failed, and the whole log of one task', async () => {
  journal.submit(sampleRecord);
  journal.learn(failed(0, 1));
  journal.learn(failed(1, 1));
  expect((await call('logs', ofJob)).map((view) => view.lines)).toEqual([
    ['line one', 'line two'],
    ['line one', 'line two'],
  ]);
  expect(await call('logs', { ...ofJob, query: { task: 'frame=2' } })).toMatchObject([{ task: 'render frame=2', lines: ['whole', 'log'] }]);
});

describe('a node is paused', () => {
  test('here at once', async () => {
    expect(await call('pauseNode', { params: { node: 'a' } })).toMatchObject({ name: 'a', paused: true });
    expect(membership.member('a')?.facts.paused).toBe(true);
  });

  test('elsewhere by asking it', async () => {
    expect(await call('unpauseNode', { params: { node: 'b' } })).toMatchObject({ name: 'b', paused: false });
    expect(told).toEqual([{ to: 'b', request: { type: 'pause', paused: false } }]);
    await service.onRequest?.('b', { type: 'pause', paused: true });
    expect(membership.member('a')?.facts.paused).toBe(true);
  });

  test('not when it is out of reach, or unknown', async () => {
    await expect(call('pauseNode', { params: { node: 'c' } })).rejects.toMatchObject({ code: 'peer-unreachable', message: 'c cannot be reached.' });
    await expect(call('pauseNode', { params: { node: 'd' } })).rejects.toMatchObject({ code: 'node-not-found', hint: 'Known: a, b, c' });
  });
});

describe('/api/super-vm', () => {
  test('takes a render in the words of its users', async () => {
    const options = { quality: 'high', resolution: '1920x1080' };
    const reply = await call('superVmRender', { body: { sceneFile: '/scenes/a.blend', frameStart: 1, frameEnd: 10, options } });
    expect(reply).toMatchObject({ jobId: sampleJob });
    expect(submissions).toEqual([
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
    await expect(call('superVmRender', { body: { sceneFile: '/a.blend', ...body } })).rejects.toMatchObject({
      code: 'bad-setting',
      message: expect.stringMatching(message),
    });
  });

  test('answers after the end where asked to wait', async () => {
    journal.submit(sampleRecord);
    const reply = call('superVmRender', { body: { sceneFile: '/a.blend' }, query: { wait: '1' } });
    await settle();
    for (const index of [0, 1, 2, 3]) journal.learn(kept(index));
    journal.learn({ type: 'ended', job: sampleJob, at: 0, generation: 1, outcome: 'succeeded', term: firstTerm, kept: 4, failed: [] });
    for (let step = 0; step < 3; step += 1) await clock.advance(1000);
    expect(await reply).toMatchObject({ job: { phase: 'succeeded', tasks: { kept: 4 } } });
  });

  test('counts what it really knows', async () => {
    journal.submit(sampleRecord);
    journal.learn(kept(0));
    membership.change('c', {}, 'unreachable');
    expect(await call('superVmMetrics')).toEqual({
      uptimeSeconds: 5,
      residentBytes: 6,
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
    const parts = { params: { job: sampleJob }, query: {}, body: undefined, signal: leave.signal, progress: () => undefined } as unknown as Call<'jobEvents'>;
    void api.streams.jobEvents(parts, (event) => seen.push(event));
    return { seen, stop: () => leave.abort() };
  }

  test('begin with the present and follow what changes, not what stays', async () => {
    journal.submit(sampleRecord);
    const { seen, stop } = follow();
    await settle();
    expect(seen).toMatchObject([{ type: 'progress', view: { tasks: { kept: 0 } } }]);
    await clock.advance(5000);
    expect(seen).toHaveLength(1);
    journal.learn(kept(0));
    await clock.advance(500);
    expect(seen.at(-1)).toMatchObject({ type: 'progress', view: { tasks: { kept: 1 } } });
    stop();
    journal.learn(kept(1));
    await clock.advance(5000);
    expect(seen).toHaveLength(2);
  });

  test('come in bursts no quicker than people read', async () => {
    journal.submit(sampleRecord);
    const { seen, stop } = follow();
    await settle();
    for (const index of [0, 1, 2, 3]) {
      journal.learn(kept(index));
      await clock.advance(10);
    }
    await clock.advance(1000);
    expect(seen.length).toBeLessThanOrEqual(3);
    expect(seen.at(-1)).toMatchObject({ view: { tasks: { kept: 4 } } });
    stop();
  });

  test('tell each delivered file', async () => {
    journal.submit(sampleRecord);
    const { seen, stop } = follow();
    await settle();
    for (const tell of deliveredTo) tell({ job: sampleJob, file: '1.png', digest: 'd' });
    expect(seen.at(-1)).toEqual({ type: 'delivered', job: sampleJob, file: '1.png', digest: 'd' });
    stop();
  });

  test('of an unknown job are refused at once', () => {
    expect(() => follow()).toThrow(expect.objectContaining({ code: 'job-not-found' }));
  });
});

test('everything that happens is told to whoever listens', async () => {
  const seen: EventView[] = [];
  const leave = new AbortController();
  const parts = { params: {}, query: {}, body: undefined, signal: leave.signal, progress: () => undefined } as Call<'events'>;
  void api.streams.events(parts, (event) => seen.push(event));
  await settle();
  journal.submit(sampleRecord);
  membership.change('c', {}, 'unreachable');
  await clock.advance(1000);
  expect(seen.map((event) => event.type)).toEqual(['nodes', 'fact', 'nodes']);
  leave.abort();
});

test('shutdown answers with the process that will end', async () => {
  expect(await call('shutdown')).toEqual({ pid: 7 });
  expect(shutdowns).toBe(1);
});
