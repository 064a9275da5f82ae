/** What sessions use, added up from what the system tells of each process: for machines that do not let us have control groups. */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { environmentOf, type SeenProcess, seeProcesses, textOf } from '../system-processes.ts';

const pageBytes = 4096;
const auxiliaryPageSize = 6;

export interface Use {
  /** At least: what processes share is counted once. */
  readonly memoryBytes: number;
  /** Processes and threads. */
  readonly processes: number;
  readonly pids: readonly number[];
}

export interface Sought {
  readonly pid: number;
  /** `SUPERVM_SESSION` of those that left it, where they can be told by nothing else. */
  readonly marker?: string;
}

/** One look for all of them; in the order in which they were named. */
export function usesOf(sought: readonly Sought[]): readonly Use[] {
  const all = seeProcesses();
  const children = Map.groupBy(all, ({ parent }) => parent);
  return sought.map(({ pid, marker }) => {
    const own = new Set<number>();
    const take = (one: number): void => {
      if (own.has(one)) return;
      own.add(one);
      for (const child of children.get(one) ?? []) take(child.pid);
    };
    take(pid);
    for (const one of all) {
      const has =
        one.group === pid || one.session === pid || (marker !== undefined && one.parent <= 1 && environmentOf(one.pid).includes(`SUPERVM_SESSION=${marker}`));
      if (has) take(one.pid);
    }
    return useOf(all.filter((one) => own.has(one.pid)));
  });
}

function useOf(processes: readonly SeenProcess[]): Use {
  let memoryBytes = 0;
  let shared = 0;
  let threads = 0;
  for (const { pid, threads: own } of processes) {
    const [, resident = 0, common = 0] = textOf(`/proc/${pid}/statm`).split(' ').map(Number);
    memoryBytes += Math.max(0, resident - common) * pageSize();
    shared = Math.max(shared, common * pageSize());
    threads += own;
  }
  return { memoryBytes: memoryBytes + shared, processes: threads, pids: processes.map(({ pid }) => pid) };
}

let knownPageSize: number | undefined;

/** Bytes of a page, from what the kernel told this process at its start: 4096, but on some arm64 machines more. */
function pageSize(): number {
  knownPageSize ??= readPageSize();
  return knownPageSize;
}

function readPageSize(): number {
  try {
    const words = readFileSync('/proc/self/auxv');
    const wordAt = (place: number): number => Number(endianness() === 'LE' ? words.readBigUInt64LE(place) : words.readBigUInt64BE(place));
    for (let place = 0; place + 16 <= words.length; place += 16) if (wordAt(place) === auxiliaryPageSize) return wordAt(place + 8);
  } catch {
    // Then what nearly all machines have.
  }
  return pageBytes;
}
