/**
 * What is told of an attempt that has ended, within the bounds of the protocol and of the fact that it becomes: a plugin may say more than
 * anybody wants to read, and what nobody can take would be offered for ever.
 */
import type { AttemptName, OutputFile, TaskFailure } from '../../src/model/job.ts';
import { outputSchema } from '../wire/attempt-schema.ts';
import { type FailureNotice, mostOutputs, type Offer } from '../wire/coordination-protocol.ts';
import type { RunResult } from './task-runner.ts';

export type EndedRun = Exclude<RunResult, { readonly type: 'aborted' }>;

const mostWarnings = 100;
const longestLine = 2_000;
const longestTail = 32_000;
const longestCode = 64;
/** As JSON. Together they leave room for the rest of a fact (records/protocol.ts: 768 KiB). */
const mostOutputBytes = 512 * 1024;
const mostWarningBytes = 128 * 1024;

export function outcomeOf(attempt: AttemptName, result: EndedRun): Offer | FailureNotice {
  if (result.type === 'failed') return failed(attempt, result.failure);
  const { outputs, report } = result;
  const message = defectOf(outputs);
  if (message !== undefined) return failed(attempt, { code: 'output-invalid', message, retry: false, blameNode: false, logTail: '' });
  return { type: 'offer', attempt, outputs, report: { ...report, seconds: Math.max(0, report.seconds), warnings: warningsToTell(report.warnings) } };
}

function defectOf(outputs: readonly OutputFile[]): string | undefined {
  if (outputs.length > mostOutputs) return `the task made ${outputs.length} files; one task may make ${mostOutputs}`;
  const untold = outputs.find((output) => !outputSchema.safeParse(output).success);
  if (untold !== undefined) return `the path of the file ${JSON.stringify(untold.path.slice(0, 200))} has ${untold.path.length} characters, which is too long`;
  const bytes = bytesOf(outputs);
  return bytes > mostOutputBytes ? `the list of the task's ${outputs.length} files takes ${bytes} bytes; it may take ${mostOutputBytes}` : undefined;
}

/** The first of them. */
function warningsToTell(warnings: readonly string[]): readonly string[] {
  const told: string[] = [];
  let bytes = 0;
  for (const warning of warnings.slice(0, mostWarnings)) {
    const line = warning.slice(0, longestLine);
    bytes += bytesOf(line);
    if (bytes > mostWarningBytes) break;
    told.push(line);
  }
  return told;
}

function bytesOf(json: unknown): number {
  return Buffer.byteLength(JSON.stringify(json));
}

/** What is told instead of an offer whose files are gone. That the task ran cannot be undone: whether one that must not run twice does so is for a person to say. */
export function lossOf({ attempt }: Offer, onceOnly: boolean): FailureNotice {
  const lost = 'the task was done, but its files are gone from the disk of its machine, and no other within reach has them';
  const message = onceOnly ? `${lost}; it must not run twice by itself, only after: supervm retry` : lost;
  return failed(attempt, { code: 'output-lost', message, retry: !onceOnly, blameNode: true, logTail: '' });
}

function failed(attempt: AttemptName, failure: TaskFailure): FailureNotice {
  const code = failure.code.slice(0, longestCode) || 'task-failed';
  const message = failure.message.slice(0, longestLine);
  return { type: 'failed', attempt, failure: { ...failure, code, message, logTail: failure.logTail.slice(-longestTail) } };
}
