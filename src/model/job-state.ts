/** The fold of a job's facts. Everything here must be independent of the order and repetition of facts (tested by property). */
import type { AttemptFailed, Ended, PauseSet, ResultKept } from './facts.ts';
import type { JobId, JobRecord } from './job.ts';

/** `step` then `index`, as one key. */
export type TaskKey = `${string}/${number}`;

/** How many of a step's tasks are decided, in the current generation. */
export interface StepTally {
  /** Tasks with a result. */
  readonly kept: number;
  /** Tasks without a result that failed for good. */
  readonly failed: number;
}

export interface JobState {
  readonly id: JobId;
  /** Absent while only other facts of the job have arrived. */
  readonly record?: JobRecord;
  /** Highest generation opened; 1 at first. */
  readonly generation: number;
  readonly cancelledGenerations: ReadonlySet<number>;
  /** The winning result of each task. */
  readonly results: ReadonlyMap<TaskKey, ResultKept>;
  /** Further results of a task, in no particular order: what is left when the winning one is lost. Rare. */
  readonly spareResults: ReadonlyMap<TaskKey, readonly ResultKept[]>;
  /** Attempt keys of results whose bytes are gone: none of theirs is in `results` or `spareResults`. */
  readonly lostAttempts: ReadonlySet<string>;
  /** Tasks for which two different results were kept (after a partition). */
  readonly conflicts: ReadonlySet<TaskKey>;
  /** By attempt key (attempt.ts), of all generations. */
  readonly failures: ReadonlyMap<string, AttemptFailed>;
  /** The same failures by task and then by attempt key. */
  readonly taskFailures: ReadonlyMap<TaskKey, ReadonlyMap<string, AttemptFailed>>;
  /** By step name; empty until the record is known. Derived from all of the above, kept so that a scheduler need not count. */
  readonly tally: ReadonlyMap<string, StepTally>;
  /** The winning outcome of each generation. */
  readonly ended: ReadonlyMap<number, Ended>;
  readonly pause?: PauseSet;
  /** The highest generation of which every file is in the submitter's output folder; 0 before. */
  readonly delivered: number;
  readonly removed: boolean;
}

/** What people are shown; `running` and `queued` differ by whether any attempt runs, which only the coordinator knows. */
export type JobPhase = 'active' | 'paused' | 'succeeded' | 'partly-failed' | 'failed' | 'cancelled' | 'removed';
