/** Folders that nobody else may look into. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { SupervmError } from '../model/errors.ts';

/** Makes the folder 0700, or tightens the one that is there. Throws `not-allowed` when it is another user's or a link (somebody may have put it in /tmp before us). */
export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  assertPrivateFolder(folder);
  chmodSync(folder, 0o700);
}

/** Throws `not-allowed` unless the folder is a real one of this user. A folder that is not there is nobody's: no error. */
export function assertPrivateFolder(folder: string): void {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return;
  const user = process.getuid?.();
  if (!found.isDirectory() || (user !== undefined && found.uid !== user)) {
    throw new SupervmError('not-allowed', `${folder} is not a folder of this user.`, 'Remove it, or set SUPERVM_HOME to a shorter path of your own.');
  }
}
