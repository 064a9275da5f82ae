/** Where a whole job stands, from its state alone. */
import type { Outcome } from './facts.ts';
import type { JobRecord, Step } from './job.ts';
import type { JobPhase, JobState } from './job-state.ts';
import { taskCount } from './parameter-space.ts';

/**
 * Of the current generation. How it ended is what a coordinator says, once: a cancel that meets a job in the instant of its end would else
 * change what somebody has seen. Until one has said so a cancelled job is open, though nothing of it starts any more.
 */
export function jobPhase(state: JobState): JobPhase {
  if (state.removed) return 'removed';
  const ended = state.ended.get(state.generation);
  if (ended !== undefined) return ended.outcome;
  if (state.cancelledGenerations.has(state.generation)) return 'active';
  return state.pause?.paused === true ? 'paused' : 'active';
}

export interface JobTally {
  readonly total: number;
  readonly kept: number;
  /** Failed for good, and those that can never start because a step they need has failed tasks. */
  readonly failed: number;
  readonly pending: number;
}

/** Steps that can never start: a step they need has failed tasks or can itself never start (or needs are in a circle, or unknown). */
function blockedSteps(state: JobState): ReadonlySet<string> {
  const steps = new Map((state.record?.steps ?? []).map((step) => [step.name, step]));
  const known = new Map<string, boolean>();
  const isBlocked = (step: Step): boolean => {
    const answer = known.get(step.name);
    if (answer !== undefined) return answer;
    known.set(step.name, true);
    const blocked = step.needs.some((name) => {
      const need = steps.get(name);
      return need === undefined || (state.tally.get(name)?.failed ?? 0) > 0 || isBlocked(need);
    });
    known.set(step.name, blocked);
    return blocked;
  };
  return new Set([...steps.values()].filter(isBlocked).map((step) => step.name));
}

function tallyOf(state: JobState, record: JobRecord): JobTally {
  const blocked = blockedSteps(state);
  let total = 0;
  let kept = 0;
  let failed = 0;
  for (const step of record.steps) {
    const count = taskCount(step);
    const tally = state.tally.get(step.name) ?? { kept: 0, failed: 0 };
    total += count;
    kept += tally.kept;
    failed += blocked.has(step.name) ? count - tally.kept : tally.failed;
  }
  return { total, kept, failed, pending: total - kept - failed };
}

/** O(steps). All zero while the record is unknown. */
export function jobTally(state: JobState): JobTally {
  return state.record === undefined ? { total: 0, kept: 0, failed: 0, pending: 0 } : tallyOf(state, state.record);
}

/** The outcome of the current generation once nothing is left to do in it; undefined before (and while the record is unknown). O(steps). */
export function jobIsFinished(state: JobState): Outcome | undefined {
  if (state.removed) return undefined;
  if (state.cancelledGenerations.has(state.generation)) return 'cancelled';
  if (state.record === undefined) return undefined;
  const { kept, failed, pending } = tallyOf(state, state.record);
  if (pending > 0) return undefined;
  if (failed === 0) return 'succeeded';
  return kept === 0 ? 'failed' : 'partly-failed';
}

/** Jobs of `owner` submitted under `key`, by id: more than one only if two sides of a partition each took one. Removed jobs free their key. */
export function findByKey(jobs: Iterable<JobState>, owner: string, key: string): readonly JobState[] {
  return Iterator.from(jobs)
    .filter((state) => state.record?.owner === owner && state.record.key === key)
    .toArray()
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
