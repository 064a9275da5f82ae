/** Where a node's own disk is at fault and not the task. */
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { TaskFault } from '../../../src/plugin/job-type.ts';

/** Errors of the system's, as they are told. */
const diskCodes: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'disk-full'],
  ['EDQUOT', 'disk-full'],
  ['EROFS', 'disk-read-only'],
  ['EIO', 'disk-failed'],
]);

/** Undefined for an error that is not the disk's. */
export function diskCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? diskCodes.get(String(error.code)) : undefined;
}

/** The folder of an attempt and in it the one for its outputs, both new. Throws TaskFault. */
export function makeOutputs(outputs: string): void {
  try {
    for (const folder of [dirname(outputs), outputs]) {
      mkdirSync(folder);
      // Whatever the umask.
      chmodSync(folder, 0o755);
    }
  } catch (error) {
    const message = `the folder for outputs could not be made: ${error instanceof Error ? error.message : String(error)}`;
    throw new TaskFault({ code: diskCodeOf(error) ?? 'internal', message, retry: true, blameNode: true });
  }
}
