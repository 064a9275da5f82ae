import { beforeEach, describe, expect, test } from 'vitest';
import type { Blobs } from '../../../daemon/blobs/blobs.ts';
import { FactBatch } from '../../../daemon/coordinator/fact-batch.ts';
import { ResultKeeper } from '../../../daemon/coordinator/keep-result.ts';
import { coordinatorDefaults } from '../../../daemon/coordinator/options.ts';
import { digestOf } from '../../../daemon/records/canonical.ts';
import type { Offer } from '../../../daemon/wire/coordination-protocol.ts';
import type { JobId, Term } from '../../../src/model/job.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';
import { attemptOf, recordOf, someReport, stepWith } from '../../support/jobs.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { settle, VirtualClock } from '../../support/virtual-clock.ts';

const term: Term = { number: 3, node: 'c' };
let journal: MemoryJournal;
let membership: FixedMembership;
let copies: string[];
let refusing: Set<string>;
let isMine: boolean;
let quorate: boolean;
let settled: boolean;
let keeper: ResultKeeper;
let clock: VirtualClock;
let cutOff: Set<string>;
let job: JobId;

const blobs = {
  async fetch() {
    copies.push('c');
  },
  async replicate(_blobs: unknown, node: string) {
    if (cutOff.has(node)) await new Promise(() => undefined);
    if (refusing.has(node)) throw new Error(`${node} has no room`);
    copies.push(node);
  },
} as unknown as Blobs;

/** `c` coordinates, `b` works, `a` submitted. */
beforeEach(() => {
  journal = new MemoryJournal();
  membership = new FixedMembership('c', ['a', 'b', 'c', 'd']);
  copies = [];
  refusing = new Set();
  cutOff = new Set();
  clock = new VirtualClock();
  isMine = true;
  quorate = false;
  settled = false;
  const facts = new FactBatch({ storeMs: 1000 }, { journal, settling: { isQuorate: () => quorate, isSettled: async () => settled } });
  keeper = new ResultKeeper({ ...coordinatorDefaults, term }, { journal, blobs, membership, clock, facts, isMine: () => isMine });
  job = journal.submit(recordOf({ steps: [stepWith(100)] }));
});

function offerOf(index: number, changes: Partial<Offer> = {}): Offer {
  const outputs = [{ path: `${index}.png`, digest: digestOf(index), size: 10 }];
  return { type: 'offer', attempt: attemptOf(job, index), outputs, report: someReport, ...changes };
}

function keptHolders(): readonly string[] {
  const fact = journal.appended.flat().find((one) => one.type === 'result-kept');
  return fact?.holders.map((holder) => holder.node) ?? [];
}

describe('a result', () => {
  test('is kept once its bytes are with the submitter', async () => {
    expect(await keeper.keep(offerOf(0))).toEqual({ type: 'kept' });
    expect(copies).toEqual(['a']);
    expect(keptHolders()).toEqual(['b', 'a']);
  });

  test('goes to the coordinator when the submitter is gone, and to another when that is the worker itself', async () => {
    membership.change('a', {}, 'unreachable');
    expect(await keeper.keep(offerOf(0))).toEqual({ type: 'kept' });
    expect(await keeper.keep(offerOf(1, { attempt: attemptOf(job, 1, { node: 'c' }) }))).toEqual({ type: 'kept' });
    expect(copies).toEqual(['c', 'b']);
  });

  test('does not wait for the copy on a machine that is lost meanwhile', async () => {
    cutOff.add('a');
    const kept = keeper.keep(offerOf(0));
    await clock.advance(1_000);
    expect(journal.appended).toEqual([]);
    membership.change('a', {}, 'unreachable');
    await clock.advance(250);
    expect(await kept).toEqual({ type: 'kept' });
    expect(keptHolders()).toEqual(['b', 'c']);
  });

  test('takes another machine when one has no room', async () => {
    refusing.add('a');
    expect(await keeper.keep(offerOf(0))).toEqual({ type: 'kept' });
    expect(keptHolders()).toEqual(['b', 'c']);
  });

  test('on one machine only is not kept while there are others', async () => {
    for (const node of ['a', 'c', 'd']) membership.change(node, { host: 'host-b' });
    membership.change('d', { host: 'host-d' });
    refusing.add('d');
    expect(await keeper.keep(offerOf(0))).toMatchObject({ type: 'later' });
    expect(journal.appended).toEqual([]);
  });

  test('of a lone machine is kept with one copy', async () => {
    for (const node of ['a', 'c', 'd']) membership.change(node, {}, 'unreachable');
    expect(await keeper.keep(offerOf(0))).toEqual({ type: 'kept' });
    expect(keptHolders()).toEqual(['b']);
  });

  test('is kept once, however often it is offered', async () => {
    const answers = await Promise.all([
      keeper.keep(offerOf(0)),
      keeper.keep(offerOf(0)),
      keeper.keep(offerOf(0, { attempt: attemptOf(job, 0, { node: 'd' }) })),
    ]);
    expect(answers).toEqual([{ type: 'kept' }, { type: 'kept' }, { type: 'refused', reason: 'already-kept' }]);
    expect(journal.appended.flat()).toHaveLength(1);
  });

  test('says whether it was kept in a quorate term, and whether that is settled for good', async () => {
    await keeper.keep(offerOf(0));
    quorate = true;
    expect(await keeper.keep(offerOf(1))).toEqual({ type: 'kept' });
    settled = true;
    expect(await keeper.keep(offerOf(2))).toEqual({ type: 'kept', quorate: true });
    const marks = journal.appended.flat().map((fact) => fact.type === 'result-kept' && fact.quorate);
    expect(marks).toEqual([undefined, true, true]);
  });

  test('is not kept by a node that no longer coordinates, even when it lost its term while copying', async () => {
    const kept = keeper.keep(offerOf(0));
    isMine = false;
    expect(await kept).toMatchObject({ type: 'later' });
    expect(journal.appended).toEqual([]);
  });

  test('is refused when its generation is cancelled while its bytes are copied', async () => {
    const kept = keeper.keep(offerOf(0));
    journal.learn({ type: 'cancelled', job, at: 0, generation: 1 });
    expect(await kept).toEqual({ type: 'refused', reason: 'cancelled' });
    expect(journal.appended).toEqual([]);
  });

  test.each([
    ['generation', { generation: 2 }],
    ['unknown-task', { index: 100 }],
    ['unknown-task', { step: 'composite' }],
  ] as const)('is refused: %s', async (reason, changes) => {
    expect(await keeper.keep(offerOf(0, { attempt: attemptOf(job, 0, changes) }))).toEqual({ type: 'refused', reason });
  });

  test('waits while the job is not known here yet', async () => {
    expect(await keeper.keep(offerOf(0, { attempt: attemptOf(digestOf('another job'), 0) }))).toMatchObject({ type: 'later' });
  });

  test('shares a write with others when many come at once', async () => {
    const disk = Promise.withResolvers<void>();
    journal.before = disk.promise;
    const answers = Array.from({ length: 16 }, (_, index) => keeper.keep(offerOf(index)));
    await settle();
    disk.resolve();
    expect((await Promise.all(answers)).every((answer) => answer.type === 'kept')).toBe(true);
    expect(journal.appended.flat()).toHaveLength(16);
    expect(journal.appended.length).toBeLessThanOrEqual(4);
  });
});

describe('a failure', () => {
  const failure = { code: 'task-failed', message: 'boom', retry: true, blameNode: false, logTail: '' };

  test('becomes one fact, however often it is told', async () => {
    const notice = { type: 'failed', attempt: attemptOf(job, 0), failure } as const;
    expect(await Promise.all([keeper.fail(notice), keeper.fail(notice)])).toEqual([{ type: 'noted' }, { type: 'noted' }]);
    expect(journal.appended.flat()).toHaveLength(1);
  });

  test('of a task that has a result is none', async () => {
    await keeper.keep(offerOf(0));
    expect(await keeper.fail({ type: 'failed', attempt: attemptOf(job, 0, { node: 'd' }), failure })).toEqual({ type: 'refused', reason: 'already-kept' });
    expect(journal.appended.flat()).toHaveLength(1);
  });
});
