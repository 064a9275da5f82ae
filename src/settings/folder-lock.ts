/** Keeps a second daemon off a home folder. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { SupervmError } from '../model/errors.ts';
import type { Paths } from './paths.ts';

/** Collected as garbage, a database would be closed and its lock with it. */
const held = new Set<DatabaseSync>();

/**
 * Holds the kernel's lock on `daemon.lock` until disposed or until the process is gone, however it ends: a pid that was given to
 * another process, a container's pid or a crash cannot fool it. SQLite is the way to that lock without a package of our own.
 * The pid file beside it is for people. Throws `daemon-exists` while another daemon holds it.
 */
export function lockFolder(paths: Pick<Paths, 'home' | 'lock' | 'pid'>): Disposable {
  const database = new DatabaseSync(paths.lock, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new SupervmError(
      'daemon-exists',
      `Another daemon (pid ${readPid(paths.pid) ?? 'unknown'}) uses ${paths.home}.`,
      'See it with: supervm status. Stop it with: supervm down',
    );
  }
  held.add(database);
  writeFileSync(paths.pid, `${process.pid}\n`);
  return {
    [Symbol.dispose](): void {
      database.close();
      held.delete(database);
      removePid(paths.pid);
    },
  };
}

/** The pid that the last daemon of this folder wrote; it may be gone. */
export function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** On a disk that can only be read by now it stays, and names a process that is gone. */
function removePid(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Nothing reads it while the lock is free.
  }
}

function isBusy(error: unknown): boolean {
  // SQLITE_BUSY
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}
