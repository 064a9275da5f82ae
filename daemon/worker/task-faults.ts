/** Why an attempt failed, as the coordinator must know it: may it be tried again, and was it this node's fault? */
import { SupervmError } from '../../src/model/errors.ts';
import type { TaskFailure } from '../../src/model/job.ts';
import type { ProcessExit } from './launcher-client.ts';
import type { Fault } from './session/messages.ts';
import { OpenFailure } from './session-process.ts';

/** A session that ended in the middle. Whoever was killed did not end by its own doing. */
export function exitFault(exit: ProcessExit): Fault {
  const died = (message: string, blameNode: boolean): Fault => ({ code: 'program-died', message, retry: true, blameNode });
  if (exit.silent) return died('the launcher of this node did not answer any more and was ended, and the session with it', true);
  if (exit.lost) return died('the launcher of this node died, and the session with it', true);
  if (exit.problem !== undefined) return died(`the session could not be started: ${exit.problem}`, true);
  if (exit.signal !== null) return died(`the session was ended by ${exit.signal}`, true);
  // Bubblewrap and shells report a program that a signal ended like this.
  if (exit.code !== null && exit.code > 128) return died(`the session was ended by signal ${exit.code - 128}`, true);
  return died(`the session ended by itself with code ${exit.code}`, false);
}

/** Codes that say something about this node, or its way to others, not about the task. */
const nodeCodes = new Set([
  'disk-failed',
  'disk-full',
  'disk-read-only',
  'file-missing',
  'peer-other-version',
  'peer-refused',
  'peer-unreachable',
  'timed-out',
]);
const diskCodes: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'disk-full'],
  ['EDQUOT', 'disk-full'],
  ['EROFS', 'disk-read-only'],
  ['EIO', 'disk-failed'],
]);
/** The same bytes will be refused everywhere. */
const finalCodes = new Set(['tree-invalid']);

export function faultFrom(error: unknown): TaskFailure {
  if (error instanceof OpenFailure) {
    const fault = error.end.type === 'fault' ? error.end.fault : exitFault(error.end.exit);
    return { ...fault, logTail: error.end.told.tail };
  }
  return { ...otherFault(error), logTail: '' };
}

function otherFault(error: unknown): Fault {
  if (error instanceof SupervmError) {
    return { code: error.code, message: error.message, retry: !finalCodes.has(error.code), blameNode: nodeCodes.has(error.code) };
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? diskCodes.get(String(error.code)) : undefined;
  return { code: code ?? 'internal', message, retry: true, blameNode: true };
}
