import { accessSync, constants, statfsSync } from 'node:fs';

/** What keeps files from being written into `folder`; undefined when nothing is to be seen. */
export function diskCondition(folder: string): 'read-only' | 'full' | 'out-of-inodes' | undefined {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize, files, ffree } = statfsSync(folder);
    if (files > 0 && ffree === 0) return 'out-of-inodes';
    return bavail * bsize < 64 * 1024 ? 'full' : undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EROFS' ? 'read-only' : undefined;
  }
}
