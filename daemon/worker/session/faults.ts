import { diskCodeOf } from './disk-faults.ts';
import type { Fault } from './messages.ts';
import { longestWords, shortened } from './shortened.ts';

/** What a plugin threw, as a failure. `understood` when it was a TaskFault; recognised by its shape, for a plugin brings its own copy of the class. */
export function faultOf(error: unknown): { readonly fault: Fault; readonly understood: boolean } {
  if (error instanceof Error && error.name === 'TaskFault' && 'failure' in error) return { fault: checked(error.failure as Partial<Fault>), understood: true };
  const message = shortened(error instanceof Error ? error.message : String(error), longestWords);
  if (isDiskFull(error)) return { fault: { code: 'disk-full', message, retry: true, blameNode: true }, understood: false };
  return { fault: { code: 'task-failed', message, retry: true, blameNode: false }, understood: false };
}

function checked(failure: Partial<Fault>): Fault {
  return {
    code: String(failure.code ?? 'task-failed').slice(0, 64),
    message: shortened(String(failure.message ?? 'the task failed'), longestWords),
    retry: failure.retry === true,
    blameNode: failure.blameNode === true,
  };
}

function isDiskFull(error: unknown): boolean {
  return diskCodeOf(error) === 'disk-full';
}
