/** Removes what tasks have made while they may still run, and may put links where folders were. */
import { type FileHandle, mkdir, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { freshName } from './fresh-name.ts';
import { holdFolder, pathIn } from './held-folder.ts';
import { uptimeMs } from './launcher/uptime.ts';
import type { SessionFolders } from './sandbox/sandbox.ts';

/** Somebody may fill a folder as fast as it is emptied; what is left is tried again with the next attempt (milliseconds). */
const longestMs = 5_000;
/** What `unlink` says of one: on Linux, elsewhere. */
const isFolder = new Set(['EISDIR', 'EPERM']);

/**
 * Removes the folder of an attempt though its session goes on. It is moved first to where only we come: whoever still stands in it can only
 * change what lies below. Each folder found there is moved up, so that no path longer than one name is ever followed.
 * Never rejects: what cannot be removed stays there until the session ends.
 */
export async function removeAttempt({ attempts }: SessionFolders, name: string): Promise<void> {
  const yard = join(dirname(attempts), 'ended');
  try {
    await mkdir(yard, { recursive: true, mode: 0o700 });
    await rename(join(attempts, name), join(yard, freshName()));
  } catch {
    return;
  }
  const until = uptimeMs() + longestMs;
  for (let isProgress = true; isProgress && uptimeMs() < until; ) {
    isProgress = false;
    for (const name of await namesIn(yard)) if (await removeFrom(yard, name)) isProgress = true;
  }
}

/** True when something of it is gone. */
async function removeFrom(yard: string, name: string): Promise<boolean> {
  const path = join(yard, name);
  try {
    if (await removeFile(path)) return true;
    await using folder = await holdFolder(path);
    // Its owner may have closed it to himself.
    await folder.chmod(0o700);
    await empty(folder, path, yard);
    await rmdir(path);
    return true;
  } catch {
    return false;
  }
}

async function empty(folder: FileHandle, path: string, yard: string): Promise<void> {
  for (const name of await readdir(pathIn(folder, path))) {
    const inner = pathIn(folder, path, name);
    if (!(await removeFile(inner))) await rename(inner, join(yard, freshName()));
  }
}

/** False for a folder. */
async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && isFolder.has(String(error.code))) return false;
    throw error;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
