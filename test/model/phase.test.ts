import { describe, expect, test } from 'vitest';
import type { Fact, Outcome } from '../../src/model/facts.ts';
import { emptyJobState, foldInto } from '../../src/model/fold.ts';
import type { JobRecord } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { findByKey, jobIsFinished, jobPhase, jobTally } from '../../src/model/phase.ts';
import { failedTasks, isStepComplete, isStepReady, isTaskSettled, openTasks, stepOf, taskHasFailed } from '../../src/model/standing.ts';
import { record, step, testJob } from '../support/fact-arbitraries.ts';

const term = { number: 1, node: 'n1' };
const two = record([step('draw', 3), step('join', 1, ['draw'])]);

function attempt(name: string, index: number, number = 1, generation = 1) {
  return { term, job: testJob, generation, step: name, index, attempt: number, node: 'n1' };
}

function kept(name: string, index: number): Fact {
  const report = { process: 1, startedAt: 0, seconds: 1, warnings: [] };
  return { type: 'result-kept', job: testJob, at: 0, attempt: attempt(name, index), term, outputs: [], report, holders: [] };
}

function failed(name: string, index: number, number: number, changes: { retry?: boolean; blameNode?: boolean; generation?: number } = {}): Fact {
  const failure = { code: 'task-failed', message: 'no', retry: changes.retry ?? true, blameNode: changes.blameNode ?? false, logTail: '' };
  return { type: 'attempt-failed', job: testJob, at: 0, attempt: attempt(name, index, number, changes.generation ?? 1), failure };
}

function endedAs(outcome: Outcome): Fact {
  return { type: 'ended', job: testJob, at: 0, generation: 1, outcome, term, kept: 0, failed: [] };
}

function stateOf(facts: readonly Fact[], of: JobRecord = two): JobState {
  const state = emptyJobState(testJob);
  foldInto(state, { type: 'submitted', job: testJob, at: 0, record: of });
  for (const fact of facts) foldInto(state, fact);
  return state;
}

const drawn = [kept('draw', 0), kept('draw', 1), kept('draw', 2)];

describe('tasks', () => {
  test('a task fails once it failed maxAttempts times, and not by failures of an earlier generation', () => {
    const once = [failed('draw', 0, 1)];
    const twice = [...once, failed('draw', 0, 2)];
    expect(taskHasFailed(stateOf(once), 'draw', 0)).toBe(false);
    expect(taskHasFailed(stateOf(twice), 'draw', 0)).toBe(true);
    expect(taskHasFailed(stateOf([...twice, { type: 'retried', job: testJob, at: 0, generation: 2 }]), 'draw', 0)).toBe(false);
  });

  test('a task fails at once when no other attempt may succeed', () => {
    expect(taskHasFailed(stateOf([failed('draw', 0, 1, { retry: false })]), 'draw', 0)).toBe(true);
  });

  test('failures that nodes are to blame for do not count, up to three times maxAttempts', () => {
    const blamed = [1, 2, 3, 4, 5, 6].map((number) => failed('draw', 0, number, { blameNode: true }));
    expect(taskHasFailed(stateOf(blamed.slice(0, 5)), 'draw', 0)).toBe(false);
    expect(taskHasFailed(stateOf(blamed), 'draw', 0)).toBe(true);
  });

  test('a result outweighs failures', () => {
    const state = stateOf([failed('draw', 0, 1, { retry: false }), kept('draw', 0)]);
    expect(taskHasFailed(state, 'draw', 0)).toBe(false);
    expect(isTaskSettled(state, 'draw', 0)).toBe(true);
    expect(failedTasks(state)).toEqual([]);
  });

  test('open tasks are those without a result that have not failed', () => {
    const state = stateOf([kept('draw', 0), failed('draw', 1, 1, { retry: false })]);
    const draw = stepOf(state, 'draw');
    expect(draw && [...openTasks(state, draw)]).toEqual([2]);
    expect(failedTasks(state)).toEqual([{ step: 'draw', index: 1 }]);
  });

  test('a step is complete with all results, and ready when all it needs are complete', () => {
    const state = stateOf(drawn.slice(1));
    expect([isStepComplete(state, 'draw'), isStepReady(state, 'join')]).toEqual([false, false]);
    const all = stateOf(drawn);
    expect([isStepComplete(all, 'draw'), isStepReady(all, 'join'), isStepComplete(all, 'join')]).toEqual([true, true, false]);
  });
});

describe('jobs', () => {
  test('a job succeeds when every task has a result', () => {
    expect(jobIsFinished(stateOf(drawn))).toBeUndefined();
    expect(jobIsFinished(stateOf([...drawn, kept('join', 0)]))).toBe('succeeded');
  });

  test('a step that needs failed tasks counts as failed, but the failing step is finished first', () => {
    const facts = [kept('draw', 0), failed('draw', 1, 1, { retry: false })];
    expect(jobIsFinished(stateOf(facts))).toBeUndefined();
    const state = stateOf([...facts, kept('draw', 2)]);
    expect(jobIsFinished(state)).toBe('partly-failed');
    expect(jobTally(state)).toEqual({ total: 4, kept: 2, failed: 2, pending: 0 });
  });

  test('a job fails when nothing of it was made', () => {
    expect(jobIsFinished(stateOf([0, 1, 2].map((index) => failed('draw', index, 1, { retry: false }))))).toBe('failed');
  });

  test('steps that need each other can never start', () => {
    const circle = record([step('a', 1, ['b']), step('b', 1, ['a'])]);
    expect(jobIsFinished(stateOf([], circle))).toBe('failed');
  });

  test('a job whose record is unknown is not finished, unless it was cancelled', () => {
    const bare = emptyJobState(testJob);
    expect(jobIsFinished(bare)).toBeUndefined();
    foldInto(bare, { type: 'cancelled', job: testJob, at: 0, generation: 1 });
    expect(jobIsFinished(bare)).toBe('cancelled');
  });

  test('cancelling is of one generation: a retry makes the job active again', () => {
    const cancelled: readonly Fact[] = [{ type: 'cancelled', job: testJob, at: 0, generation: 1 }, endedAs('cancelled')];
    expect(jobPhase(stateOf(cancelled))).toBe('cancelled');
    expect(jobPhase(stateOf([...cancelled, { type: 'retried', job: testJob, at: 0, generation: 2 }]))).toBe('active');
  });

  test('how a job ended is one word, in whatever order a cancel and its end are heard', () => {
    const cancelled: Fact = { type: 'cancelled', job: testJob, at: 0, generation: 1 };
    expect(jobPhase(stateOf([cancelled]))).toBe('active');
    expect(jobPhase(stateOf([endedAs('succeeded'), cancelled]))).toBe('succeeded');
    expect(jobPhase(stateOf([cancelled, endedAs('succeeded')]))).toBe('succeeded');
  });

  test('the phase is the outcome once ended, and paused only before', () => {
    const pause: Fact = { type: 'pause-set', job: testJob, at: 0, paused: true, clock: 1, node: 'n1' };
    const ended: Fact = { type: 'ended', job: testJob, at: 0, generation: 1, outcome: 'succeeded', term, kept: 4, failed: [] };
    expect(jobPhase(stateOf([]))).toBe('active');
    expect(jobPhase(stateOf([pause]))).toBe('paused');
    expect(jobPhase(stateOf([pause, ended]))).toBe('succeeded');
    expect(jobPhase(stateOf([ended, { type: 'removed', job: testJob, at: 0 }]))).toBe('removed');
  });

  test('a job is found by owner and key until it is removed', () => {
    const state = stateOf([]);
    expect(findByKey([state], 'ada', 'k1')).toEqual([state]);
    expect(findByKey([state], 'eve', 'k1')).toEqual([]);
    expect(findByKey([stateOf([{ type: 'removed', job: testJob, at: 0 }])], 'ada', 'k1')).toEqual([]);
  });
});
