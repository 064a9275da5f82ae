import type { Program } from '../../src/model/inventory.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { Machine } from '../../src/model/task-bounds.ts';
import type { Clock } from '../clock.ts';
import type { AttemptLogs } from './attempt-logs.ts';
import type { BlobFiles, GpuDevice, Trees } from './task-needs.ts';

export interface SessionRunnerNeeds {
  readonly clock: Clock;
  readonly blobFiles: BlobFiles;
  readonly trees: Trees;
  readonly logs: AttemptLogs;
  /** Values of secrets by name. Throws `secret-not-found`. */
  secrets(names: readonly string[]): ReadonlyMap<string, string>;
  /** What this node has, as it advertises it. */
  inventory(): Machine & { readonly programs: readonly Program[] };
  /** GPUs that it advertises, as its tasks get them. */
  gpus(): readonly GpuDevice[];
  /** Resolves when a task that came here at `since` (clock milliseconds), of a job of this submitter, may begin, or the signal aborts. Default: at once. */
  mayBegin?(since: number, submitter: NodeId, signal: AbortSignal): Promise<void>;
}
