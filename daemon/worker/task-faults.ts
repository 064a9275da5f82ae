/** Why an attempt failed, as the coordinator must know it: may it be tried again, and was it this node's fault? */
import { SupervmError } from '../../src/model/errors.ts';
import type { TaskFailure } from '../../src/model/job.ts';
import type { LimitHit } from './launcher/limits.ts';
import type { ProcessExit } from './launcher-client.ts';
import { diskCodeOf } from './session/disk-faults.ts';
import type { Fault } from './session/messages.ts';
import { OpenFailure } from './session-process.ts';

/** A session that ended in the middle. Whoever was killed did not end by its own doing. */
export function exitFault(exit: ProcessExit): Fault {
  const died = (message: string, blameNode: boolean): Fault => ({ code: 'program-died', message, retry: true, blameNode });
  if (exit.limit !== undefined) return limitFault(exit.limit);
  if (exit.silent) return died('the launcher of this node did not answer any more and was ended, and the session with it', true);
  if (exit.lost) return died('the launcher of this node died, and the session with it', true);
  if (exit.problem !== undefined) return died(`the session could not be started: ${exit.problem}`, true);
  if (exit.signal !== null) return died(`the session was ended by ${exit.signal}`, true);
  // Bubblewrap and shells report a program that a signal ended like this.
  if (exit.code !== null && exit.code > 128) return died(`the session was ended by signal ${exit.code - 128}`, true);
  return died(`the session ended by itself with code ${exit.code}`, false);
}

/** A task that takes more than it may: this node is well, and another one, or a fresh session, may do. Whoever forks without end does it everywhere. */
function limitFault({ what, limit }: LimitHit): Fault {
  switch (what) {
    case 'memory':
      return { code: 'oom', message: `the task ran out of memory: it may use ${sizeText(limit)} here`, retry: true, blameNode: false };
    case 'processes':
      return {
        code: 'too-many-processes',
        message: `the task wanted more than the ${limit} processes and threads that it may have`,
        retry: false,
        blameNode: false,
      };
    case 'exclusive-cores':
      return { code: 'not-isolated', message: `this node cannot give ${limit} of its cores to one task alone just now`, retry: true, blameNode: true };
    case 'disk':
      return { code: 'disk-limit', message: `the task wrote more than the ${sizeText(limit)} that it may`, retry: true, blameNode: false };
  }
}

function sizeText(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** Codes that say something about this node, or its way to others, not about the task. */
const nodeCodes = new Set([
  'cannot-be-placed',
  'disk-failed',
  'disk-full',
  'disk-read-only',
  'file-missing',
  'not-isolated',
  'peer-other-version',
  'peer-refused',
  'peer-unreachable',
  'timed-out',
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
  return { code: diskCodeOf(error) ?? 'internal', message, retry: true, blameNode: true };
}
