import { describe, expect, test } from 'vitest';
import { workProtocol } from '../../../daemon/wire/work-protocol.ts';
import { refusalOf } from '../../../daemon/worker/acceptance.ts';
import { type HeldTask, HeldTasks } from '../../../daemon/worker/attempts.ts';
import type { RunningTask } from '../../../daemon/worker/task-runner.ts';
import type { Fact } from '../../../src/model/facts.ts';
import type { HostRequirements } from '../../../src/model/job.ts';
import { inventoryOf, requirementsOf } from '../../support/inventories.ts';
import { attemptOf, firstTerm, recordOf, someReport } from '../../support/jobs.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';

const record = recordOf();

function taskOf(index: number, requirements: HostRequirements, changes: Partial<HeldTask> = {}): HeldTask {
  const attempt = attemptOf('job', index);
  return {
    attempt,
    record,
    requirements,
    holders: [],
    dropped: new AbortController(),
    lease: undefined,
    running: undefined,
    since: 0,
    finished: false,
    fraction: 0,
    message: '',
    ...changes,
  };
}

const running: RunningTask = { result: new Promise(() => {}), abort: () => {}, renew: () => {} };

function startable(tasks: readonly HeldTask[]): readonly number[] {
  const held = new HeldTasks();
  for (const task of tasks) held.add(task);
  return held.startable(inventoryOf({ cores: 4 })).map((task) => task.attempt.index);
}

describe('what may start', () => {
  const two = requirementsOf({ cores: 2 });

  test('is what fits beside what runs, in the order of assignment', () => {
    expect(startable([taskOf(0, two, { running }), taskOf(1, two), taskOf(2, two)])).toEqual([1]);
  });

  test('is nothing while a dropped task is still dying', () => {
    const dying = taskOf(0, requirementsOf({ cores: 'all' }), { running, dropped: aborted() });
    expect(startable([dying, taskOf(1, two)])).toEqual([]);
  });

  test('counts what has finished no more, though its result is not answered for yet', () => {
    expect(startable([taskOf(0, requirementsOf({ cores: 'all' }), { running, finished: true }), taskOf(1, two)])).toEqual([1]);
  });
});

test('a coordinator is told of everything but what was dropped', () => {
  const held = new HeldTasks();
  held.add(taskOf(0, requirementsOf(), { running, fraction: 0.5, message: 'half way' }));
  held.add(taskOf(1, requirementsOf(), { running, finished: true }));
  held.add(taskOf(2, requirementsOf(), { running, dropped: aborted() }));
  held.add(taskOf(3, requirementsOf()));
  expect(held.holdings().map(({ attempt, state, fraction }) => [attempt.index, state, fraction])).toEqual([
    [0, 'running', 0.5],
    [1, 'finished', 0],
    [3, 'queued', 0],
  ]);
});

describe('by its own records a node refuses', () => {
  const journal = new MemoryJournal();
  const job = journal.submit(record);
  const refusalAfter = (fact: Fact) => {
    const own = new MemoryJournal();
    own.submit(record);
    own.learn(fact);
    return refusalOf(own.job(job), attemptOf(job, 0));
  };

  test('nothing that is open', () => {
    expect(refusalOf(journal.job(job), attemptOf(job, 0))).toBeUndefined();
  });

  test('a job it does not know', () => {
    expect(refusalOf(journal.job('other'), attemptOf('other', 0))).toBe('unknown-job');
  });

  test.each<readonly [string, Fact]>([
    ['cancelled', { type: 'cancelled', job, at: 0, generation: 1 }],
    ['cancelled', { type: 'retried', job, at: 0, generation: 2 }],
    ['cancelled', { type: 'removed', job, at: 0 }],
    ['cancelled', { type: 'ended', job, at: 0, generation: 1, outcome: 'failed', term: firstTerm, kept: 0, failed: [] }],
    ['already-kept', { type: 'result-kept', job, at: 0, attempt: attemptOf(job, 0), term: firstTerm, outputs: [], report: someReport, holders: [] }],
  ])('with %s after %o', (reason, fact) => {
    expect(refusalAfter(fact)).toBe(reason);
  });
});

function aborted(): AbortController {
  const controller = new AbortController();
  controller.abort();
  return controller;
}

test('however many attempts are held and whatever their tasks say, one frame tells of them', () => {
  const held = new HeldTasks();
  const long = 'n'.repeat(128);
  for (let index = 0; !held.isFull; index += 1) {
    const attempt = { ...attemptOf('f'.repeat(64), index), step: long, node: long, term: { number: 1, node: long } };
    held.add({ ...taskOf(index, requirementsOf({ cores: 1 })), attempt, message: '\u0000'.repeat(200), running });
    const told = { type: 'holdings', holdings: { incarnation: 1, attempts: held.holdings() } };
    if (index % 100 === 99 || held.isFull) expect(Buffer.byteLength(JSON.stringify(told))).toBeLessThan(workProtocol.maximumBytes - 1024);
  }
  const told = { type: 'holdings', holdings: { incarnation: 1, attempts: held.holdings() } };
  expect(workProtocol.reply.parse(told)).toEqual(told);
});
