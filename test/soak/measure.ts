/** What a daemon holds of its machine, by the kernel's word and, of what only it can know, by its own. */
import { readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { descendantsOf, ofNamespace } from '../chaos/processes.ts';
import type { Station } from '../chaos/station.ts';

/** Bytes and counts. */
export interface Sample {
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly files: number;
  readonly sockets: number;
  readonly connections: number;
  readonly repeatedStreams: number;
  readonly threads: number;
  /** Everything that runs on the machine: daemon, launcher, sessions, what tasks left behind. */
  readonly processes: number;
  /** Below the home: records, blobs, workspaces, deliveries. */
  readonly dataBytes: number;
  readonly logBytes: number;
}

export type Quantity = keyof Sample;

/** Rejects when the daemon does not run or does not answer. */
export async function measure({ machine, client }: Station): Promise<Sample> {
  const { pid, home, namespace } = machine;
  if (pid === undefined) throw new Error(`no daemon runs on ${machine.name}`);
  const { heapBytes, connections, repeatedStreams } = await client.call('superVmMetrics', {}, AbortSignal.timeout(10_000));
  const files = readdirSync(`/proc/${pid}/fd`).map((name) => linkOf(`/proc/${pid}/fd/${name}`));
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const all = new Set([...(namespace === undefined ? [] : ofNamespace(namespace)), pid, ...descendantsOf(pid)]);
  return {
    heapBytes,
    connections,
    repeatedStreams,
    residentBytes: 1024 * numberIn(status, 'VmRSS'),
    files: files.length,
    sockets: files.filter((target) => target.startsWith('socket:')).length,
    threads: numberIn(status, 'Threads'),
    processes: new Set([...all, ...descendantsOf(...all)]).size,
    dataBytes: ['.', 'blobs', 'work', 'deliveries'].reduce((sum, name) => sum + sizeOf(join(home, name), name !== '.'), 0),
    logBytes: sizeOf(join(home, 'logs'), true),
  };
}

/** Of several samples taken soon after one another: what passes by itself is in none of them for long. */
export function least(samples: readonly Sample[]): Sample {
  const [first, ...rest] = samples;
  if (first === undefined) throw new Error('there is no sample');
  return rest.reduce<Sample>(
    (low, one) => Object.fromEntries(Object.entries(low).map(([name, value]) => [name, Math.min(value, one[name as Quantity])])) as unknown as Sample,
    first,
  );
}

function numberIn(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed meanwhile.
    return '';
  }
}

/** Disk blocks of the files in a folder; files may vanish meanwhile. */
function sizeOf(folder: string, recursive: boolean): number {
  const names = tryRead(() => readdirSync(folder, { recursive }) as string[]) ?? [];
  return names.reduce((sum, name) => sum + blocksOf(tryRead(() => statSync(join(folder, name)))), 0);
}

const blocksOf = (stats: Stats | undefined): number => (stats?.isFile() === true ? stats.blocks * 512 : 0);

function tryRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
