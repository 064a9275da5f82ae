/** A job of four frames with a result, failures and a running attempt, for the views. */
import { jobIdOf } from '../../../daemon/records/canonical.ts';
import type { Fact, Outcome } from '../../../src/model/facts.ts';
import { emptyJobState, foldInto, type MutableJobState } from '../../../src/model/fold.ts';
import type { JobRecord, TaskFailure } from '../../../src/model/job.ts';
import { attemptOf, firstTerm, recordOf, someReport } from '../../support/jobs.ts';

export const sampleRecord: JobRecord = recordOf({ name: 'cube', owner: 'ann', submitter: 'a', submittedAt: 1000, outputFolder: '/out' });
export const sampleJob = jobIdOf(sampleRecord);

function failureOf(changes: Partial<TaskFailure> = {}): TaskFailure {
  return { code: 'task-failed', message: 'plate.png is damaged', retry: true, blameNode: false, logTail: 'line one\nline two', ...changes };
}

export function submitted(record: JobRecord = sampleRecord): Fact {
  return { type: 'submitted', job: jobIdOf(record), at: 0, record };
}

export function kept(index: number, node = 'b', digest = 'd'.repeat(64)): Fact {
  const outputs = [{ path: `frame_000${index + 1}.png`, digest, size: 10 }];
  const holders = [{ node, host: `host-${node}` }];
  return { type: 'result-kept', job: sampleJob, at: 5, attempt: attemptOf(sampleJob, index, { node }), term: firstTerm, outputs, report: someReport, holders };
}

export function failed(index: number, attempt: number, changes: Partial<TaskFailure> = {}, at = 5): Fact {
  return { type: 'attempt-failed', job: sampleJob, at, attempt: attemptOf(sampleJob, index, { attempt }), failure: failureOf(changes) };
}

/** The coordinator's word. */
export function endedAs(outcome: Outcome, job = sampleJob, generation = 1): Fact {
  return { type: 'ended', job, at: 6, generation, outcome, term: firstTerm, kept: 0, failed: [] };
}

export function stateOf(...facts: readonly Fact[]): MutableJobState {
  const state = emptyJobState(facts[0]?.job ?? sampleJob);
  for (const fact of facts) foldInto(state, fact);
  return state;
}
