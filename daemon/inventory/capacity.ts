/** Cores and memory of this machine, as far as this process may use them. Pure: what was read comes in. */
import type { GroupLimits } from './cgroup-limits.ts';

export interface Machine {
  /** Processors of the machine. */
  readonly processors: number;
  /** /proc/self/status; empty where there is none. */
  readonly status: string;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
}

export interface Capacity {
  /** May be fractional. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
}

export function capacityOf(machine: Machine, limits: GroupLimits): Capacity {
  const processors = allowedProcessors(machine.status) ?? machine.processors;
  const memoryBytes = Math.min(machine.memoryBytes, limits.memoryBytes ?? Number.POSITIVE_INFINITY);
  const freeInGroup = limits.memoryBytes === undefined ? Number.POSITIVE_INFINITY : limits.memoryBytes - (limits.usedMemoryBytes ?? 0);
  return {
    cores: Math.min(processors, rounded(limits.cores ?? Number.POSITIVE_INFINITY)),
    memoryBytes,
    freeMemoryBytes: Math.max(0, Math.min(machine.freeMemoryBytes, freeInGroup)),
  };
}

/** How many processors the list of the processor set names, e.g. `0-3,8`; undefined when nothing is told. */
export function allowedProcessors(status: string): number | undefined {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1];
  if (list === undefined) return undefined;
  return list.split(',').reduce((sum, range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return sum + last - first + 1;
  }, 0);
}

/** Quotas are fractions of a period: two decimals are what was meant. */
function rounded(cores: number): number {
  return Number.isFinite(cores) ? Math.max(0.01, Math.round(cores * 100) / 100) : cores;
}
