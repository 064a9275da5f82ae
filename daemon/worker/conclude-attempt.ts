/** What becomes of an attempt whose session has said how the task ended, or has died. */
import type { Clock } from '../clock.ts';
import { collectOutputs, type OutputsFolder } from './collect-outputs.ts';
import { hostProcessId } from './host-process.ts';
import type { TaskEnd } from './session-process.ts';
import { exitFault, faultFrom } from './task-faults.ts';
import type { BlobFiles } from './task-needs.ts';
import type { RunResult } from './task-runner.ts';

export interface Concluded {
  /** Of the attempt. */
  readonly outputs: OutputsFolder;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Of the session, outside the sandbox. */
  readonly pid: number | undefined;
}

/** Takes the outputs into the blob store; durable when resolved. Never rejects. */
export async function concludeAttempt(
  end: TaskEnd,
  { outputs, startedAt, pid }: Concluded,
  needs: { readonly blobFiles: BlobFiles; readonly clock: Clock },
): Promise<Exclude<RunResult, { type: 'aborted' }>> {
  const logTail = end.told.tail;
  if (end.type === 'died') return { type: 'failed', failure: { ...exitFault(end.exit), logTail } };
  if (end.type === 'failed') return { type: 'failed', failure: { ...end.fault, logTail } };
  const process = hostProcessId(pid ?? 0, end.process) ?? end.process;
  try {
    const kept = await collectOutputs(outputs, end.outputs, needs.blobFiles);
    return { type: 'done', outputs: kept, report: { process, startedAt, seconds: end.told.runningMs / 1000, warnings: end.warnings } };
  } catch (error) {
    return { type: 'failed', failure: { ...faultFrom(error), logTail } };
  }
}
