/** A worker with what an earlier life of its node left. */
import { beforeEach, describe, expect, test } from 'vitest';
import { mostHeld, type WorkReply, workProtocol } from '../../../daemon/wire/work-protocol.ts';
import type { Leadership, Messenger } from '../../../daemon/worker/needs.ts';
import { WorkerNode } from '../../../daemon/worker/worker-node.ts';
import type { Fact } from '../../../src/model/facts.ts';
import type { AttemptName } from '../../../src/model/job.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';
import { requirementsOf } from '../../support/inventories.ts';
import { attemptOf, firstTerm, recordOf, someReport, stepWith } from '../../support/jobs.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { TimedRunner } from '../../support/timed-runner.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const kept = { type: 'kept' } as const;

describe('a worker that starts', () => {
  let clock: VirtualClock;
  let journal: MemoryJournal;
  let runner: TimedRunner;
  let job: string;
  let worker: WorkerNode;
  /** What it said to the coordinator, without its reports. */
  let offers: unknown[];
  let reports: number;
  let ask: (request: unknown) => Promise<WorkReply>;
  let answer: unknown;

  beforeEach(() => {
    clock = new VirtualClock();
    journal = new MemoryJournal();
    job = journal.submit(recordOf());
    runner = new TimedRunner({ taskMs: 5_000 }, { clock });
    offers = [];
    reports = 0;
    answer = kept;
    const messenger = {
      self: 'b',
      serve: (_: unknown, service: { onRequest(from: string, request: unknown): Promise<WorkReply> }) => {
        ask = (request) => service.onRequest('a', request);
      },
      send: () => {
        reports += 1;
      },
      request: async (_: string, __: unknown, request: { readonly type: string; readonly attempt: { readonly index: number } }) => {
        offers.push([request.type, request.attempt.index]);
        return answer;
      },
    } as unknown as Messenger;
    const leadership = { current: () => firstTerm, onChange: () => {} } as unknown as Leadership;
    const membership = new FixedMembership('b', ['a', 'b']);
    const offeredBytes = { look: async () => 'there' as const };
    worker = new WorkerNode({}, { membership, leadership, journal, messenger, clock, taskRunner: runner, offeredBytes });
  });

  const leave = (...indexes: readonly number[]): void => {
    runner.leftover = { attempts: indexes.map((index) => ({ attempt: attemptOf(job, index), runningMs: 3_000 })), jobs: [job] };
  };
  const holdings = async (): Promise<readonly number[]> => {
    const reply = await ask({ type: 'census', term: firstTerm });
    return reply.type === 'holdings' ? reply.holdings.attempts.map(({ attempt }) => attempt.index) : [];
  };

  test('names what it has taken up in its first answer, however early it is asked', async () => {
    leave(0, 1);
    const early = holdings();
    await clock.advance(100);
    await worker.start();
    expect(await early).toEqual([0, 1]);
    expect(reports).toBeGreaterThan(0);
    expect(worker.load()).toEqual({ running: 2, longestMs: 3_000, finished: 0 });
  });

  test('offers the results of what it has taken up, and needs them no more once they are kept', async () => {
    leave(2);
    await worker.start();
    await clock.advance(6_000);
    expect(offers).toEqual([['offer', 2]]);
    expect(runner.settled).toEqual([attemptOf(job, 2)]);
  });

  test('keeps a result that nobody has answered for when it stops', async () => {
    leave(2);
    answer = { type: 'later', reason: 'taking over' };
    await worker.start();
    await clock.advance(6_000);
    expect(worker.load().finished).toBe(1);
    await worker.stop();
    await clock.advance(60_000);
    expect(runner.settled).toEqual([]);
  });

  test.each<readonly [string, () => Fact]>([
    ['was cancelled', () => ({ type: 'cancelled', job, at: 0, generation: 1 })],
    ['was removed', () => ({ type: 'removed', job, at: 0 })],
    [
      'has its result already',
      () => ({ type: 'result-kept', job, at: 0, attempt: attemptOf(job, 1, { node: 'c' }), term: firstTerm, outputs: [], report: someReport, holders: [] }),
    ],
  ])('does not take up what %s meanwhile', async (_, fact) => {
    leave(1);
    journal.learn(fact());
    await worker.start();
    expect(runner.adopted).toEqual([]);
    expect(runner.settled).toEqual([attemptOf(job, 1)]);
    expect(await holdings()).toEqual([]);
  });

  test('does not take up what belongs to a job that it does not know, and ends its sessions', async () => {
    const unknown = 'f'.repeat(64);
    runner.leftover = { attempts: [{ attempt: attemptOf(unknown, 0), runningMs: 0 }], jobs: [unknown] };
    await worker.start();
    expect(runner.settled).toHaveLength(1);
    expect(runner.forgotten).toEqual([unknown]);
  });

  test('stops what it has taken up as soon as its records say that it is in vain', async () => {
    leave(0);
    await worker.start();
    journal.learn({ type: 'cancelled', job, at: 0, generation: 1 });
    await clock.advance(1);
    expect(runner.aborted).toEqual([attemptOf(job, 0)]);
  });

  test('leaves what runs when it stops', async () => {
    leave(0);
    await worker.start();
    await worker.stop();
    expect(runner.aborted).toEqual([]);
  });

  test('does not call an assignment dealt with while it waits for the record of a job, though a later one is', async () => {
    await worker.start();
    const refreshed = Promise.withResolvers<void>();
    Object.assign(journal, { refresh: () => refreshed.promise });
    const late = recordOf({ key: 'late' });
    const lateJob = new MemoryJournal().submit(late);
    const assign = (batch: number, attempt: AttemptName): Promise<WorkReply> =>
      ask({ type: 'assign', term: firstTerm, batch, attempts: [{ attempt, holders: [] }] });
    const told = async (): Promise<unknown> => {
      const reply = await ask({ type: 'census', term: firstTerm });
      return reply.type === 'holdings' && [reply.holdings.batch?.number, reply.holdings.attempts.length];
    };
    expect(await assign(1, attemptOf(job, 0))).toMatchObject({ refused: [] });
    const waiting = assign(2, attemptOf(lateJob, 0));
    expect(await assign(3, attemptOf(job, 1))).toMatchObject({ refused: [] });
    expect(await told()).toEqual([1, 2]);
    journal.submit(late);
    refreshed.resolve();
    expect(await waiting).toMatchObject({ refused: [] });
    expect(await told()).toEqual([3, 3]);
  });

  test('takes no more than it can tell of, results that nobody could keep among them, so that none is taken for lost', async () => {
    job = journal.submit(recordOf({ steps: [stepWith(mostHeld + 2, { requirements: requirementsOf({ cores: 0.001 }) })] }));
    answer = { type: 'later', reason: 'too few copies' };
    await worker.start();
    const assign = (batch: number, first: number, count: number): Promise<WorkReply> => {
      const attempts = Array.from({ length: count }, (_, index) => ({ attempt: attemptOf(job, first + index), holders: [] }));
      return ask({ type: 'assign', term: firstTerm, batch, attempts });
    };
    expect(await assign(1, 0, mostHeld)).toEqual({ type: 'assigned', refused: [] });
    await clock.advance(6_000);
    expect(worker.load().finished).toBeGreaterThan(0);
    expect(await assign(2, mostHeld, 2)).toMatchObject({ refused: [{ reason: 'holds-too-many' }, { reason: 'holds-too-many' }] });
    const told = await ask({ type: 'census', term: firstTerm });
    expect(workProtocol.reply.parse(told)).toEqual(told);
    answer = kept;
    await clock.advance(6_000);
    expect(await assign(3, mostHeld, 2)).toEqual({ type: 'assigned', refused: [] });
  });

  test('that gives everything back takes nothing more', async () => {
    leave(0);
    await worker.start();
    const before = reports;
    const back = worker.giveBack();
    await clock.advance(10);
    await back;
    expect(runner.aborted).toEqual([attemptOf(job, 0)]);
    expect(reports).toBeGreaterThan(before);
    const reply = await ask({ type: 'assign', term: firstTerm, batch: 1, attempts: [{ attempt: attemptOf(job, 3), holders: [] }] });
    expect(reply).toMatchObject({ refused: [{ reason: 'stopping' }] });
  });
});
