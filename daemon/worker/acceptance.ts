/** What this node's own records say about an attempt: whether it may start, and which of those held a fact puts an end to. */
import { sameAttempt } from '../../src/model/attempt.ts';
import type { Fact } from '../../src/model/facts.ts';
import type { AttemptName } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { isTaskSettled, stepOf } from '../../src/model/standing.ts';
import type { RefusalReason } from '../wire/work-protocol.ts';

/** Why the attempt must not start here, whatever its coordinator believes; undefined when it may. */
export function refusalOf(state: JobState | undefined, attempt: AttemptName): RefusalReason | undefined {
  if (state?.removed === true || state?.cancelledGenerations.has(attempt.generation) === true) return 'cancelled';
  if (state === undefined || stepOf(state, attempt.step) === undefined) return 'unknown-job';
  if (attempt.generation < state.generation || state.ended.has(attempt.generation)) return 'cancelled';
  return isTaskSettled(state, attempt.step, attempt.index) ? 'already-kept' : undefined;
}

/** Does the fact make the attempt pointless? */
export function isEndedBy(attempt: AttemptName, fact: Fact): boolean {
  if (attempt.job !== fact.job) return false;
  switch (fact.type) {
    case 'removed':
      return true;
    case 'cancelled':
    case 'ended':
      return attempt.generation === fact.generation;
    case 'retried':
      return attempt.generation < fact.generation;
    case 'result-kept':
      return attempt.step === fact.attempt.step && attempt.index === fact.attempt.index;
    case 'attempt-failed':
    case 'result-lost':
      return sameAttempt(attempt, fact.attempt);
    case 'submitted':
    case 'pause-set':
    case 'delivered':
      return false;
    default:
      return fact satisfies never;
  }
}
