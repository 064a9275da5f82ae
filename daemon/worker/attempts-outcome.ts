/** What is told of an attempt that has ended, within the bounds of the protocol: a plugin may say more than anybody wants to read. */
import type { AttemptName, TaskFailure } from '../../src/model/job.ts';
import { type FailureNotice, mostOutputs, type Offer } from '../wire/coordination-protocol.ts';
import type { RunResult } from './task-runner.ts';

export type EndedRun = Exclude<RunResult, { readonly type: 'aborted' }>;

const mostWarnings = 100;
const longestLine = 2_000;
const longestTail = 32_000;

export function outcomeOf(attempt: AttemptName, result: EndedRun): Offer | FailureNotice {
  if (result.type === 'failed') return failed(attempt, result.failure);
  const { outputs, report } = result;
  if (outputs.length > mostOutputs) {
    const message = `the task made ${outputs.length} files; one task may make ${mostOutputs}`;
    return failed(attempt, { code: 'output-invalid', message, retry: false, blameNode: false, logTail: '' });
  }
  const warnings = report.warnings.slice(0, mostWarnings).map((warning) => warning.slice(0, longestLine));
  return { type: 'offer', attempt, outputs, report: { ...report, seconds: Math.max(0, report.seconds), warnings } };
}

/** What is told instead of an offer whose files are gone. That the task ran cannot be undone: whether one that must not run twice does so is for a person to say. */
export function lossOf({ attempt }: Offer, onceOnly: boolean): FailureNotice {
  const lost = 'the task was done, but its files are gone from the disk of its machine, and no other within reach has them';
  const message = onceOnly ? `${lost}; it must not run twice by itself, only after: supervm retry` : lost;
  return failed(attempt, { code: 'output-lost', message, retry: !onceOnly, blameNode: true, logTail: '' });
}

function failed(attempt: AttemptName, failure: TaskFailure): FailureNotice {
  const message = failure.message.slice(0, longestLine);
  return { type: 'failed', attempt, failure: { ...failure, message, logTail: failure.logTail.slice(-longestTail) } };
}
