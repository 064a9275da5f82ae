import { closeSync, openSync, statfsSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What keeps files from being written into `folder`, found out by writing one; undefined when nothing does. */
export function diskCondition(folder: string): 'read-only' | 'full' | 'out-of-inodes' | undefined {
  const probe = join(folder, `.probe-${process.pid}`);
  try {
    closeSync(openSync(probe, 'w', 0o600));
    unlinkSync(probe);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < 64 * 1024 ? 'full' : undefined;
  } catch (error) {
    switch (error instanceof Error && 'code' in error ? error.code : '') {
      case 'EROFS':
        return 'read-only';
      case 'EDQUOT':
        return 'full';
      case 'ENOSPC':
        return hasInodes(folder) ? 'full' : 'out-of-inodes';
      default:
        return undefined;
    }
  }
}

function hasInodes(folder: string): boolean {
  const { files, ffree } = statfsSync(folder);
  return files === 0 || ffree > 0;
}
