/** What the worker needs to run an attempt: sessions in a sandbox on a real node, virtual time in the simulation. */
import type { AttemptName, JobId, JobRecord, NodeId, OutputFile, RunReport, TaskFailure } from '../../src/model/job.ts';
import type { Startable } from '../startable.ts';

export type RunResult =
  | { readonly type: 'done'; readonly outputs: readonly OutputFile[]; readonly report: RunReport }
  | { readonly type: 'failed'; readonly failure: TaskFailure }
  | { readonly type: 'aborted' };

/** `fraction` 0..1. */
export type OnProgress = (fraction: number, message: string) => void;

/** Of a once-only attempt: what runs past its end is killed, whether the daemon lives or not (work-protocol.ts). */
export interface Lease {
  /** From the sending of a renewal to the end (milliseconds). */
  readonly ms: number;
  /** Clock milliseconds at which it ends. */
  readonly until: number;
}

export interface RunningTask {
  /** Never rejects. Outputs are in the blob store, durable, when it resolves. */
  readonly result: Promise<RunResult>;
  /** Ends the task's whole process tree within 2 s; `result` then says `aborted`. */
  abort(): void;
  /** Moves the end of its lease to these clock milliseconds. */
  renew(until: number): void;
}

/** An attempt that an earlier life of this node began: it runs on, or has ended and was not answered for. */
export interface LeftAttempt {
  readonly attempt: AttemptName;
  /** How long it had been running when this life began. */
  readonly runningMs: number;
  /** When it is a once-only attempt. */
  readonly lease?: Lease;
}

export interface Left {
  readonly attempts: readonly LeftAttempt[];
  /** Jobs that something is still here of: sessions, folders, the attempts. */
  readonly jobs: readonly JobId[];
}

/** `stop` leaves what runs to the next start, where a process outlives this one; else it ends it. */
export interface TaskRunner extends Startable {
  /** What an earlier life of this node left here; known after start. Each attempt is then either adopted or settled. */
  left(): Left;
  /** Takes up one of those; its result may be there already. */
  adopt(attempt: AttemptName, onProgress: OnProgress): RunningTask;
  /** Nobody needs the attempt any more: ends it where it still runs, and forgets its result. Idempotent. */
  settle(attempt: AttemptName): void;
  /** Fetches the inputs if need be (`holders` are asked first), opens the job's session here if there is none, runs. */
  run(attempt: AttemptName, record: JobRecord, holders: readonly NodeId[], onProgress: OnProgress, lease?: Lease): RunningTask;
  /** The job has ended: closes its session and removes its workspace. Idempotent. */
  forget(job: JobId): void;
}
