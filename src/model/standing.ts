/** Questions about the tasks of a job, cheap enough for a scheduler to ask on every turn. */
import type { AttemptFailed } from './facts.ts';
import type { Step, TaskReference } from './job.ts';
import type { JobState, TaskKey } from './job-state.ts';
import { taskCount, taskKey } from './parameter-space.ts';

/** `open`: still to be done. */
export type Standing = 'open' | 'kept' | 'failed';

/** Failures blamed on nodes do not count against a task, but this many times `maxAttempts` of them are enough. */
const blamedNodesBound = 3;

export function stepOf(state: JobState, name: string): Step | undefined {
  return state.record?.steps.find((step) => step.name === name);
}

function failuresByKey(state: JobState, key: TaskKey): readonly AttemptFailed[] {
  const all = state.taskFailures.get(key);
  return all === undefined ? [] : [...all.values()].filter((fact) => fact.attempt.generation === state.generation);
}

/** Failed attempts of the task in the current generation, in no particular order. */
export function failedAttempts(state: JobState, step: string, index: number): readonly AttemptFailed[] {
  return failuresByKey(state, taskKey(step, index));
}

function enoughFailures(failures: readonly AttemptFailed[], maxAttempts: number): boolean {
  if (failures.some((fact) => !fact.failure.retry)) return true;
  const blamed = failures.filter((fact) => fact.failure.blameNode).length;
  return failures.length - blamed >= maxAttempts || blamed >= blamedNodesBound * maxAttempts;
}

/** Where task `index` of `step` stands; a result outweighs any failure. O(failures of this task). */
export function taskStanding(state: JobState, step: Step, index: number): Standing {
  const key = taskKey(step.name, index);
  if (state.results.has(key)) return 'kept';
  if (!state.taskFailures.has(key)) return 'open';
  const failures = failuresByKey(state, key);
  return failures.length > 0 && enoughFailures(failures, step.maxAttempts) ? 'failed' : 'open';
}

/** Has a result, of whatever generation: a retry repeats only what failed. */
export function isTaskSettled(state: JobState, step: string, index: number): boolean {
  return state.results.has(taskKey(step, index));
}

/** Failed for good in the current generation and has no result; false while the record is unknown. */
export function taskHasFailed(state: JobState, step: string, index: number): boolean {
  const found = stepOf(state, step);
  return found !== undefined && taskStanding(state, found, index) === 'failed';
}

/** Every task of the step has a result. */
export function isStepComplete(state: JobState, step: string): boolean {
  const found = stepOf(state, step);
  return found !== undefined && (state.tally.get(step)?.kept ?? 0) === taskCount(found);
}

/** May tasks of the step start: has every step it needs all its results? */
export function isStepReady(state: JobState, step: string): boolean {
  const found = stepOf(state, step);
  return found?.needs.every((need) => isStepComplete(state, need)) === true;
}

/** Indexes of the step's tasks that still have to be done, ascending from `from`; lazy, for spaces of a million tasks. */
export function* openTasks(state: JobState, step: Step, from = 0): Generator<number> {
  const count = taskCount(step);
  for (let index = from; index < count; index += 1) {
    if (taskStanding(state, step, index) === 'open') yield index;
  }
}

/** Tasks that failed for good in the current generation, in the record's order of steps; not those that can never start because of them. */
export function failedTasks(state: JobState): readonly TaskReference[] {
  const failed: TaskReference[] = [];
  for (const step of state.record?.steps ?? []) {
    if ((state.tally.get(step.name)?.failed ?? 0) === 0) continue;
    const prefix = `${step.name}/`;
    const indexes = [...state.taskFailures.keys()].filter((key) => key.startsWith(prefix)).map((key) => Number(key.slice(prefix.length)));
    for (const index of indexes.sort((a, b) => a - b)) {
      if (taskStanding(state, step, index) === 'failed') failed.push({ step: step.name, index });
    }
  }
  return failed;
}
