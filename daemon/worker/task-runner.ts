/** What the worker needs to run an attempt: sessions in a sandbox on a real node, virtual time in the simulation. */
import type { AttemptName, JobId, JobRecord, NodeId, OutputFile, RunReport, TaskFailure } from '../../src/model/job.ts';
import type { Startable } from '../startable.ts';

export type RunResult =
  | { readonly type: 'done'; readonly outputs: readonly OutputFile[]; readonly report: RunReport }
  | { readonly type: 'failed'; readonly failure: TaskFailure }
  | { readonly type: 'aborted' };

export interface RunningTask {
  /** Never rejects. Outputs are in the blob store, durable, when it resolves. */
  readonly result: Promise<RunResult>;
  /** Ends the task's whole process tree within 2 s; `result` then says `aborted`. */
  abort(): void;
}

export interface TaskRunner extends Startable {
  /** Fetches the inputs if need be (`holders` are asked first), opens the job's session here if there is none, runs. */
  run(attempt: AttemptName, record: JobRecord, holders: readonly NodeId[], onProgress: (fraction: number, message: string) => void): RunningTask;
  /** The job has ended: closes its session and removes its workspace. Idempotent. */
  forget(job: JobId): void;
}
