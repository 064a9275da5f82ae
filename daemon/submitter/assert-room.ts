/** Refuses what would fill the disk, while there is still room for the records of the jobs that are under way. */
import { statfs } from 'node:fs/promises';
import { SupervmError } from '../../src/model/errors.ts';

const mebibyte = 2 ** 20;

/** `bytes` are about to be written below `folder`. Throws `disk-full`. blobs/disk-faults.ts keeps the same room free. */
export async function assertRoom(folder: string, bytes: number): Promise<void> {
  const disk = await statfs(folder);
  const free = disk.bavail * disk.bsize;
  const reserved = Math.min(64 * mebibyte, (disk.blocks * disk.bsize) / 20);
  if (disk.files > 0 && disk.ffree < 64)
    throw new SupervmError(
      'disk-full',
      `The disk of ${folder} is nearly out of inodes: ${disk.ffree} more files fit.`,
      'Remove files there, or submit on another machine; nothing was submitted.',
    );
  if (free - bytes >= reserved) return;
  throw new SupervmError(
    'disk-full',
    `The disk of ${folder} has ${megabytes(free)} left; the job's input files take ${megabytes(bytes)} and ${megabytes(reserved)} are kept for the records of running jobs.`,
    'Free some space there, or submit on another machine; nothing was submitted.',
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / mebibyte).toFixed(bytes < 10 * mebibyte ? 1 : 0)} MiB`;
}
