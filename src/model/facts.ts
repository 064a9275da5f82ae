/**
 * One immutable statement about a job. What a job is = the fold of its facts (job-state.ts); merging two sets of facts
 * is set union, so folding must be commutative, associative and idempotent.
 */
import type { AttemptName, HostId, JobId, JobRecord, NodeId, OutputFile, RunReport, TaskFailure, TaskReference, Term } from './job.ts';

interface OfJob {
  readonly job: JobId;
  /** Unix milliseconds, for people only. */
  readonly at: number;
}

export interface Submitted extends OfJob {
  readonly type: 'submitted';
  readonly record: JobRecord;
}

/** The one result of a task, kept by a coordinator. */
export interface ResultKept extends OfJob {
  readonly type: 'result-kept';
  readonly attempt: AttemptName;
  /** The term (and so the coordinator) that kept it; may be later than the attempt's. */
  readonly term: Term;
  readonly outputs: readonly OutputFile[];
  readonly report: RunReport;
  /** Machines that held the bytes when it was kept. */
  readonly holders: readonly { readonly node: NodeId; readonly host: HostId }[];
  /** Kept in a quorate term; absent in a degraded one. */
  readonly quorate?: true;
}

export interface AttemptFailed extends OfJob {
  readonly type: 'attempt-failed';
  readonly attempt: AttemptName;
  readonly failure: TaskFailure;
}

/** Permanent for its generation. */
export interface Cancelled extends OfJob {
  readonly type: 'cancelled';
  readonly generation: number;
}

/** Opens `generation` (the first is 1 and needs no fact): failures of earlier generations no longer count. */
export interface Retried extends OfJob {
  readonly type: 'retried';
  readonly generation: number;
}

export type Outcome = 'succeeded' | 'partly-failed' | 'failed' | 'cancelled';

export interface Ended extends OfJob {
  readonly type: 'ended';
  readonly generation: number;
  readonly outcome: Outcome;
  readonly term: Term;
  readonly kept: number;
  /** At most 10,000 are listed; the state's tally counts all. */
  readonly failed: readonly TaskReference[];
  /** As of a result. */
  readonly quorate?: true;
}

/** A register that users change: last writer wins by (clock, node). */
export interface PauseSet extends OfJob {
  readonly type: 'pause-set';
  readonly paused: boolean;
  readonly clock: number;
  readonly node: NodeId;
}

/**
 * No machine is left that holds the bytes of this attempt's result, and they are not in the submitter's folder: the task is to be
 * done again. Permanent: a machine that comes back with them comes too late.
 */
export interface ResultLost extends OfJob {
  readonly type: 'result-lost';
  readonly attempt: AttemptName;
}

/** Every file of the results of an ended generation is in the output folder, as its submitter says. */
export interface Delivered extends OfJob {
  readonly type: 'delivered';
  readonly generation: number;
}

/** Beats everything; never forgotten. */
export interface Removed extends OfJob {
  readonly type: 'removed';
}

export type Fact = Submitted | ResultKept | AttemptFailed | Cancelled | Retried | Ended | PauseSet | ResultLost | Delivered | Removed;

/** A fact in the append-only log of its origin. */
export interface Entry {
  /** `node/store id`: the store id is drawn when the database is created. */
  readonly origin: string;
  /** 1, 2, 3 ... within the origin, without gaps. */
  readonly sequence: number;
  /** Digest of the predecessor's canonical form in the same origin; 64 zeros for the first. */
  readonly previous: string;
  /** A `Fact`, or what a newer version wrote: kept and passed on unread, so that the chain holds. */
  readonly fact: unknown;
}
