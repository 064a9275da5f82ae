/** Looks at this machine. Cheap enough to be done every few seconds. */
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { arch, cpus, freemem, platform, totalmem } from 'node:os';
import { type Capacity, capacityOf } from './capacity.ts';
import { groupLimits, type ReadText } from './cgroup-limits.ts';
import { type LoadSample, sampleLoad } from './processor-load.ts';

export interface Reading extends Capacity {
  readonly freeDiskBytes: number;
  readonly platform: string;
  readonly architecture: string;
  readonly load: LoadSample;
}

const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};

/** `folder`: on the disk that workspaces are on; `at`: monotonic milliseconds. */
export async function readInventory(folder: string, at: number): Promise<Reading> {
  const limits = groupLimits(readText);
  const machine = { processors: cpus().length, status: readText('/proc/self/status') ?? '', memoryBytes: totalmem(), freeMemoryBytes: freemem() };
  const disk = await statfs(folder);
  return {
    ...capacityOf(machine, limits),
    freeDiskBytes: disk.bavail * disk.bsize,
    platform: platform(),
    architecture: arch(),
    load: sampleLoad(at, limits.cores !== undefined, readText),
  };
}
