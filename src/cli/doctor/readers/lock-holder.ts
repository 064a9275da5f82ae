/** Who holds the lock of a home folder, without touching it. */
import { readText } from './files.ts';

/** A process id, 0 for one of another container; `nobody`; `unknown` where the system does not tell. */
export type LockHolder = number | 'nobody' | 'unknown';

/** Text of /proc/locks. */
export function holderIn(locks: string, inode: number): LockHolder {
  for (const line of locks.split('\n')) {
    const [, kind, , access, pid, place = ''] = line.trim().split(/\s+/);
    if (kind === 'POSIX' && access === 'WRITE' && place.split(':')[2] === String(inode)) return Math.max(0, Number(pid));
  }
  return 'nobody';
}

/** By the lock file's inode; undefined where there is no such file. */
export function lockHolder(inode: number | undefined): LockHolder {
  const locks = readText('/proc/locks');
  if (locks === undefined) return 'unknown';
  return inode === undefined ? 'nobody' : holderIn(locks, inode);
}
