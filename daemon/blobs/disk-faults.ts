import { statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';

const mebibyte = 2 ** 20;
const goesOn = 'the job goes on elsewhere meanwhile.';

/** Turns a full, read-only or failing disk into words; everything else passes unchanged. `path`: what was to be written. */
export function diskFault(cause: unknown, where: string, path?: string): unknown {
  switch (errorCode(cause)) {
    case 'ENOSPC':
      return path !== undefined && isOutOfInodes(path)
        ? new SupervmError('disk-full', `no room left for another file at ${where}: the disk is out of inodes`, `Remove some files from that disk; ${goesOn}`, {
            cause,
          })
        : full(where, cause);
    case 'EDQUOT':
      return full(where, cause);
    case 'EROFS':
      return new SupervmError('disk-read-only', `the disk of ${where} can only be read`, `Make it writable again; ${goesOn}`, { cause });
    case 'EIO':
      return new SupervmError('disk-failed', `the disk of ${where} refuses to read or write`, `Look at the disk (dmesg); ${goesOn}`, { cause });
    default:
      return cause;
  }
}

function full(where: string, cause: unknown): SupervmError {
  return new SupervmError('disk-full', `no room left for ${where}`, `Free some space on that disk; ${goesOn}`, { cause });
}

function isOutOfInodes(path: string): boolean {
  try {
    const { files, ffree, bavail } = statfsSync(dirname(path));
    return files > 0 && ffree === 0 && bavail > 0;
  } catch {
    return false;
  }
}

/** Throws `disk-full` when `bytes` more would take the room that is kept for the job records on the same disk. */
export async function assertRoomFor(bytes: number, folder: string): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const reserved = Math.min(64 * mebibyte, (blocks * bsize) / 20);
  if (bavail * bsize - bytes >= reserved) return;
  throw full(`blobs in ${folder} beside the ${Math.ceil(reserved / mebibyte)} MiB that are kept for job records`, undefined);
}

/** `ENOENT` and its kin; undefined for what is not a system error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
