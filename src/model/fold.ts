/**
 * Folding facts into a job's state: a join, so commutative, associative and idempotent. Where two facts are about the
 * same thing the winner is taken (merge.ts); everything else is set union or a maximum.
 */
import { attemptKey } from './attempt.ts';
import { compareValues } from './compare.ts';
import type { AttemptFailed, Ended, Fact, PauseSet, ResultKept, ResultLost, Submitted } from './facts.ts';
import type { JobId, JobRecord, Step, TaskReference } from './job.ts';
import type { JobState, StepTally, TaskKey } from './job-state.ts';
import { compareEnded, compareFailures, comparePauses, compareResults, differInOutputs } from './merge.ts';
import { taskCount, taskKey } from './parameter-space.ts';
import { stepOf, taskStanding } from './standing.ts';

/** A job's state that `foldInto` changes in place: 100,000 results cost 100,000 small steps. Whoever only reads sees a JobState. */
export interface MutableJobState extends JobState {
  record?: JobRecord;
  generation: number;
  readonly cancelledGenerations: Set<number>;
  readonly results: Map<TaskKey, ResultKept>;
  readonly spareResults: Map<TaskKey, readonly ResultKept[]>;
  readonly lostAttempts: Set<string>;
  readonly conflicts: Set<TaskKey>;
  readonly failures: Map<string, AttemptFailed>;
  readonly taskFailures: Map<TaskKey, Map<string, AttemptFailed>>;
  readonly tally: Map<string, StepTally>;
  readonly ended: Map<number, Ended>;
  pause?: PauseSet;
  delivered: number;
  removed: boolean;
}

/** The state of a job of which nothing is known. */
export function emptyJobState(id: JobId): MutableJobState {
  return {
    id,
    generation: 1,
    cancelledGenerations: new Set(),
    results: new Map(),
    spareResults: new Map(),
    lostAttempts: new Set(),
    conflicts: new Set(),
    failures: new Map(),
    taskFailures: new Map(),
    tally: new Map(),
    ended: new Map(),
    delivered: 0,
    removed: false,
  };
}

/** An independent copy; the facts themselves are shared. */
function copyJobState(state: JobState): MutableJobState {
  return {
    ...state,
    cancelledGenerations: new Set(state.cancelledGenerations),
    results: new Map(state.results),
    spareResults: new Map(state.spareResults),
    lostAttempts: new Set(state.lostAttempts),
    conflicts: new Set(state.conflicts),
    failures: new Map(state.failures),
    taskFailures: new Map([...state.taskFailures].map(([key, failures]) => [key, new Map(failures)])),
    tally: new Map(state.tally),
    ended: new Map(state.ended),
  };
}

/** Takes `challenger` where it beats what `map` holds under `key`. */
function takeWinner<K, V>(map: Map<K, V>, key: K, challenger: V, compare: (a: V, b: V) => number): boolean {
  const holder = map.get(key);
  if (holder !== undefined && compare(holder, challenger) <= 0) return false;
  map.set(key, challenger);
  return true;
}

function countStep(state: MutableJobState, step: Step): StepTally {
  const tally = { kept: 0, failed: 0 };
  const count = taskCount(step);
  const prefix = `${step.name}/`;
  const touched = new Set<TaskKey>([...state.results.keys(), ...state.taskFailures.keys()]);
  for (const key of touched) {
    const index = key.startsWith(prefix) ? Number(key.slice(prefix.length)) : -1;
    if (!isTaskIndex(index, count)) continue;
    const standing = taskStanding(state, step, index);
    if (standing !== 'open') tally[standing] += 1;
  }
  return tally;
}

function isTaskIndex(index: number, count: number): boolean {
  return Number.isSafeInteger(index) && index >= 0 && index < count;
}

/** Counts anew: needed only when the record arrives or a generation opens. */
function recount(state: MutableJobState): void {
  state.tally.clear();
  for (const step of state.record?.steps ?? []) state.tally.set(step.name, countStep(state, step));
}

/** Runs `change`, which concerns one task only, and keeps the tally true. */
function changeTask(state: MutableJobState, task: TaskReference, change: () => boolean): boolean {
  const step = stepOf(state, task.step);
  if (step === undefined || !isTaskIndex(task.index, taskCount(step))) return change();
  const before = taskStanding(state, step, task.index);
  const changed = change();
  const after = taskStanding(state, step, task.index);
  if (before === after) return changed;
  const tally = { ...(state.tally.get(step.name) ?? { kept: 0, failed: 0 }) };
  if (before !== 'open') tally[before] -= 1;
  if (after !== 'open') tally[after] += 1;
  state.tally.set(step.name, tally);
  return changed;
}

function foldSubmitted(state: MutableJobState, fact: Submitted): boolean {
  // Records with one id are the same record (the id is its digest); the order decides only if somebody lies.
  if (state.record !== undefined && compareValues(state.record, fact.record) <= 0) return false;
  state.record = fact.record;
  recount(state);
  return true;
}

function foldResult(state: MutableJobState, fact: ResultKept): boolean {
  if (state.lostAttempts.has(attemptKey(fact.attempt))) return false;
  const key = taskKey(fact.attempt.step, fact.attempt.index);
  const holder = state.results.get(key);
  if (holder === undefined) return changeTask(state, fact.attempt, () => takeWinner(state.results, key, fact, compareResults));
  const spare = state.spareResults.get(key) ?? [];
  if ([holder, ...spare].some((known) => compareValues(known, fact) === 0)) return false;
  setResults(state, key, [holder, ...spare, fact]);
  return true;
}

/** The best of them wins, the others are kept for the day when it is lost. A task is in conflict when not all its results made the same files. */
function setResults(state: MutableJobState, key: TaskKey, all: readonly ResultKept[]): void {
  const [winner, ...spare] = all.toSorted(compareResults);
  if (winner === undefined) state.results.delete(key);
  else state.results.set(key, winner);
  if (spare.length === 0) state.spareResults.delete(key);
  else state.spareResults.set(key, spare);
  if (winner !== undefined && spare.some((other) => differInOutputs(winner, other))) state.conflicts.add(key);
  else state.conflicts.delete(key);
}

/** The results that are left decide; with none the task is open again. */
function foldLost(state: MutableJobState, { attempt }: ResultLost): boolean {
  const lost = attemptKey(attempt);
  if (state.lostAttempts.has(lost)) return false;
  state.lostAttempts.add(lost);
  const key = taskKey(attempt.step, attempt.index);
  const all = [state.results.get(key), ...(state.spareResults.get(key) ?? [])].filter((result) => result !== undefined);
  const left = all.filter((result) => attemptKey(result.attempt) !== lost);
  if (left.length === all.length) return true;
  return changeTask(state, attempt, () => {
    setResults(state, key, left);
    return true;
  });
}

function foldDelivered(state: MutableJobState, generation: number): boolean {
  if (generation <= state.delivered) return false;
  state.delivered = generation;
  return true;
}

function foldFailure(state: MutableJobState, fact: AttemptFailed): boolean {
  const attempt = attemptKey(fact.attempt);
  const key = taskKey(fact.attempt.step, fact.attempt.index);
  return changeTask(state, fact.attempt, () => {
    if (!takeWinner(state.failures, attempt, fact, compareFailures)) return false;
    const ofTask = state.taskFailures.get(key) ?? new Map<string, AttemptFailed>();
    state.taskFailures.set(key, ofTask.set(attempt, fact));
    return true;
  });
}

function foldRetried(state: MutableJobState, generation: number): boolean {
  if (generation <= state.generation) return false;
  state.generation = generation;
  recount(state);
  return true;
}

function foldPause(state: MutableJobState, fact: PauseSet): boolean {
  if (state.pause !== undefined && comparePauses(state.pause, fact) <= 0) return false;
  state.pause = fact;
  return true;
}

function foldCancelled(state: MutableJobState, generation: number): boolean {
  if (state.cancelledGenerations.has(generation)) return false;
  state.cancelledGenerations.add(generation);
  return true;
}

const nothing = emptyJobState('');

function foldRemoved(state: MutableJobState): boolean {
  // Removed ids are never forgotten, so they share what is empty: nothing is folded into it any more.
  Object.assign(state, nothing, { id: state.id, removed: true });
  delete state.record;
  delete state.pause;
  return true;
}

/** Adds one fact to the state in place; false when it said nothing new. Throws RangeError for a fact of another job. */
export function foldInto(state: MutableJobState, fact: Fact): boolean {
  if (fact.job !== state.id) throw new RangeError(`a fact of job ${fact.job} was folded into job ${state.id}`);
  if (state.removed) return false;
  switch (fact.type) {
    case 'submitted':
      return foldSubmitted(state, fact);
    case 'result-kept':
      return foldResult(state, fact);
    case 'attempt-failed':
      return foldFailure(state, fact);
    case 'cancelled':
      return foldCancelled(state, fact.generation);
    case 'retried':
      return foldRetried(state, fact.generation);
    case 'ended':
      return takeWinner(state.ended, fact.generation, fact, compareEnded);
    case 'pause-set':
      return foldPause(state, fact);
    case 'result-lost':
      return foldLost(state, fact);
    case 'delivered':
      return foldDelivered(state, fact.generation);
    case 'removed':
      return foldRemoved(state);
    default:
      return fact satisfies never;
  }
}

/** The pure form: the same object when the fact says nothing new, otherwise a new one. Copies; use `foldInto` for many facts. */
export function applyFact(state: JobState, fact: Fact): JobState {
  const next = copyJobState(state);
  return foldInto(next, fact) ? next : state;
}
