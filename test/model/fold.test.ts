import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fact, ResultKept } from '../../src/model/facts.ts';
import { applyFact, emptyJobState, foldInto } from '../../src/model/fold.ts';
import type { Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { taskCount } from '../../src/model/parameter-space.ts';
import { taskStanding } from '../../src/model/standing.ts';
import { factLists, record, removedFact, step, testJob } from '../support/fact-arbitraries.ts';

function fold(facts: readonly Fact[]): JobState {
  const state = emptyJobState(testJob);
  for (const fact of facts) foldInto(state, fact);
  return state;
}

/** A state as plain values in one order, so that only content is compared. */
function canonical(state: JobState): unknown {
  const sorted = <T>(values: Iterable<T>): readonly T[] => [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return {
    ...state,
    cancelledGenerations: sorted(state.cancelledGenerations),
    results: sorted(state.results),
    spareResults: sorted([...state.spareResults].map(([key, results]) => [key, sorted(results)])),
    lostAttempts: sorted(state.lostAttempts),
    conflicts: sorted(state.conflicts),
    failures: sorted(state.failures),
    taskFailures: sorted([...state.taskFailures].map(([key, failures]) => [key, sorted(failures)])),
    tally: sorted(state.tally),
    ended: sorted(state.ended),
  };
}

const shuffled = factLists.chain((facts) => fc.tuple(fc.constant(facts), fc.shuffledSubarray([...facts, ...facts], { minLength: facts.length * 2 })));

function kept(term: Term, digest: string, attempt = 1): ResultKept {
  return {
    type: 'result-kept',
    job: testJob,
    at: 0,
    attempt: { term, job: testJob, generation: 1, step: 'draw', index: 0, attempt, node: 'n1' },
    term,
    outputs: [{ path: '1.png', digest, size: 1 }],
    report: { process: 1, startedAt: 0, seconds: 1, warnings: [] },
    holders: [],
  };
}

describe('folding facts', () => {
  test('gives one state whatever the order and repetition of facts', () => {
    fc.assert(
      fc.property(shuffled, ([facts, again]) => {
        expect(canonical(fold(again))).toEqual(canonical(fold(facts)));
      }),
      { numRuns: 500 },
    );
  });

  test('gives one state however facts are grouped: a state can be joined with the facts of another', () => {
    fc.assert(
      fc.property(factLists, factLists, (left, right) => {
        const leftFirst = right.reduce<JobState>(applyFact, fold(left));
        const rightFirst = left.reduce<JobState>(applyFact, fold(right));
        expect(canonical(leftFirst)).toEqual(canonical(rightFirst));
      }),
    );
  });

  test('changes nothing, and says so, for facts already folded', () => {
    fc.assert(
      fc.property(factLists, (facts) => {
        const state = facts.reduce<JobState>(applyFact, emptyJobState(testJob));
        for (const fact of facts) expect(applyFact(state, fact)).toBe(state);
      }),
    );
  });

  test('leaves the state it is applied to as it was', () => {
    fc.assert(
      fc.property(factLists, factLists, (before, after) => {
        const state = fold(before);
        const was = canonical(state);
        after.reduce<JobState>(applyFact, state);
        expect(canonical(state)).toEqual(was);
      }),
    );
  });

  test('keeps a tally equal to counting every task', () => {
    fc.assert(
      fc.property(factLists, (facts) => {
        const state = fold(facts);
        for (const of of state.record?.steps ?? []) {
          const counted = { kept: 0, failed: 0, open: 0 };
          for (let index = 0; index < taskCount(of); index += 1) counted[taskStanding(state, of, index)] += 1;
          expect(state.tally.get(of.name)).toEqual({ kept: counted.kept, failed: counted.failed });
        }
      }),
      { numRuns: 300 },
    );
  });

  test('lets a removal beat everything before and after it', () => {
    fc.assert(
      fc.property(factLists, removedFact, factLists, (before, removal, after) => {
        expect(canonical(fold([...before, removal, ...after]))).toEqual(canonical(fold([removal])));
      }),
    );
  });

  test('keeps the result of the higher term and flags a task with two different results', () => {
    const low = kept({ number: 1, node: 'n9' }, 'a');
    const high = kept({ number: 2, node: 'n1' }, 'b');
    const state = fold([high, low]);
    expect(state.results.get('draw/0')).toBe(high);
    expect([...state.conflicts]).toEqual(['draw/0']);
    const same = fold([low, kept({ number: 2, node: 'n1' }, 'a')]);
    expect(same.conflicts.size).toBe(0);
  });

  test('keeps what was decided in a quorate term, whatever higher terms decided without one', () => {
    const quorate: ResultKept = { ...kept({ number: 1, node: 'n1' }, 'a'), quorate: true };
    const degraded = kept({ number: 7, node: 'n2' }, 'b');
    const state = fold([degraded, quorate]);
    expect(state.results.get('draw/0')).toBe(quorate);
    expect([...state.conflicts]).toEqual(['draw/0']);
    const later: ResultKept = { ...kept({ number: 2, node: 'n1' }, 'b'), quorate: true };
    expect(fold([later, quorate]).results.get('draw/0')).toBe(later);
    const ended = { type: 'ended', job: testJob, at: 0, generation: 1, kept: 0, failed: [] } as const;
    const succeeded: Fact = { ...ended, outcome: 'succeeded', term: { number: 1, node: 'n1' }, quorate: true };
    expect(fold([succeeded, { ...ended, outcome: 'failed', term: { number: 9, node: 'n1' } }]).ended.get(1)).toBe(succeeded);
  });

  test('breaks a tie of numbers by node, and of terms by attempt', () => {
    const right = kept({ number: 1, node: 'n2' }, 'a');
    expect(fold([kept({ number: 1, node: 'n1' }, 'b'), right]).results.get('draw/0')).toBe(right);
    const first = kept({ number: 1, node: 'n1' }, 'b', 1);
    expect(fold([kept({ number: 1, node: 'n1' }, 'a', 2), first]).results.get('draw/0')).toBe(first);
  });

  test('opens a task again when its result is lost, unless another result is left, and never takes a lost one back', () => {
    const first = kept({ number: 1, node: 'n1' }, 'a', 1);
    const second = kept({ number: 2, node: 'n1' }, 'b', 2);
    const lost = ({ attempt }: ResultKept): Fact => ({ type: 'result-lost', job: testJob, at: 0, attempt });
    const submitted: Fact = { type: 'submitted', job: testJob, at: 0, record: record([step('draw', 3)]) };
    const spare = fold([submitted, first, second, lost(second)]);
    expect(spare.results.get('draw/0')).toBe(first);
    expect(spare.conflicts.size).toBe(0);
    const none = fold([submitted, lost(second), first, second, lost(first), first, second]);
    expect(none.results.size).toBe(0);
    expect(none.tally.get('draw')).toEqual({ kept: 0, failed: 0 });
    const again = kept({ number: 3, node: 'n1' }, 'a', 3);
    expect(applyFact(none, again).results.get('draw/0')).toBe(again);
  });

  test('takes the last writer of the pause register by clock, then node', () => {
    const set = (paused: boolean, clock: number, node: string): Fact => ({ type: 'pause-set', job: testJob, at: 0, paused, clock, node });
    expect(fold([set(true, 2, 'n1'), set(false, 1, 'n9')]).pause?.paused).toBe(true);
    expect(fold([set(true, 2, 'n1'), set(false, 2, 'n2')]).pause?.paused).toBe(false);
  });

  test('refuses a fact of another job', () => {
    expect(() => fold([{ type: 'removed', job: 'other', at: 0 }])).toThrow(RangeError);
  });

  test('folds 100,000 results of one job without copying', () => {
    const tasks = 100_000;
    const state = emptyJobState(testJob);
    const maps = [state.results, state.tally];
    foldInto(state, { type: 'submitted', job: testJob, at: 0, record: record([step('draw', tasks)]) });
    const one = kept({ number: 1, node: 'n1' }, 'a');
    for (let index = 0; index < tasks; index += 1) foldInto(state, { ...one, attempt: { ...one.attempt, index } });
    expect(state.tally.get('draw')).toEqual({ kept: tasks, failed: 0 });
    expect([state.results, state.tally]).toEqual(maps);
  });
});
