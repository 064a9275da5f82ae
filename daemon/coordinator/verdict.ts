/** May an attempt's result still be kept? Read from the job's facts alone, so that every coordinator says the same. */
import { attemptKey, sameAttempt } from '../../src/model/attempt.ts';
import type { AttemptName } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { taskCount, taskKey } from '../../src/model/parameter-space.ts';
import { stepOf } from '../../src/model/standing.ts';
import type { OfferRefusal } from '../wire/coordination-protocol.ts';

/** `open`: the task still wants a result. `kept`: this very attempt's result is kept. Otherwise why the attempt is in vain. */
export type Verdict = 'open' | 'kept' | OfferRefusal;

/** The job's record must be known, unless the job was removed. */
export function verdictOn(state: JobState, attempt: AttemptName): Verdict {
  if (state.removed) return 'removed';
  if (state.cancelledGenerations.has(attempt.generation)) return 'cancelled';
  const step = stepOf(state, attempt.step);
  if (step === undefined || attempt.index >= taskCount(step)) return 'unknown-task';
  // It was kept and then given up as lost: other tries at the task have begun.
  if (state.lostAttempts.has(attemptKey(attempt))) return 'already-kept';
  const result = state.results.get(taskKey(attempt.step, attempt.index));
  if (result !== undefined) return sameAttempt(result.attempt, attempt) ? 'kept' : 'already-kept';
  if (attempt.generation !== state.generation) return 'generation';
  return state.ended.has(attempt.generation) ? 'ended' : 'open';
}
