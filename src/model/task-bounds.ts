/**
 * What a task may use of a node: what its step asks for with some room above it, and never the daemon's own share of the machine. What a step says
 * nothing about is bounded by the machine alone.
 */
import type { Inventory } from './inventory.ts';
import type { HostRequirements } from './job.ts';
import { wantsOwnCores } from './resources.ts';

export type Machine = Pick<Inventory, 'cores' | 'memoryBytes' | 'freeDiskBytes'>;

/** What is absent is not limited. */
export interface TaskBounds {
  readonly memoryBytes: number;
  /** Processes and threads. */
  readonly processes: number;
  /** Processors' worth of time. */
  readonly cores?: number;
  /** So many whole processors are its alone. */
  readonly exclusiveCores?: number;
  /** What it may write; by what is free now, where the step does not say. */
  readonly diskBytes?: number;
  readonly gpus?: number;
}

const mebibyte = 2 ** 20;
/** Memory is asked for as what the work takes; the runtime, and what was guessed too low, come on top. */
const memoryHeadroom = { times: 1.5, bytes: 256 * mebibyte };
/** Of all memory, for the daemon and the machine's owner. */
const daemonShare = { part: 0.1, least: 384 * mebibyte, most: 2048 * mebibyte };
/** Of the free disk, for a step that does not say what it writes; where that is very little, the disk itself is the limit. */
const diskPart = 0.8;
const leastDiskBytes = 64 * mebibyte;
/** Browsers and renderers have some hundreds of threads. */
const mostProcesses = 2048;

export function boundsOf(requirements: HostRequirements, machine: Machine): TaskBounds {
  const { cores, memoryBytes, diskBytes, processes = mostProcesses, gpus } = requirements;
  const all = memoryForTasks(machine);
  const own = memoryBytes * memoryHeadroom.times + memoryHeadroom.bytes;
  const whole = cores === 'all' ? machine.cores : coresFor(requirements, machine.cores);
  const disk = diskBytes ?? machine.freeDiskBytes * diskPart;
  return {
    // Who has the node to itself takes from nobody.
    memoryBytes: Math.floor(cores === 'all' || memoryBytes === 0 ? all : Math.min(all, own)),
    processes,
    ...(whole < machine.cores ? { cores: whole } : {}),
    ...(wantsOwnCores(requirements) ? { exclusiveCores: whole } : {}),
    ...(disk < leastDiskBytes && diskBytes === undefined ? {} : { diskBytes: Math.floor(disk) }),
    ...(gpus === undefined ? {} : { gpus }),
  };
}

/** Bytes, for all tasks of a machine together. */
export function memoryForTasks({ memoryBytes }: Pick<Machine, 'memoryBytes'>): number {
  return memoryBytes - Math.min(memoryBytes / 2, daemonShare.most, Math.max(daemonShare.least, memoryBytes * daemonShare.part));
}

/** Whole cores, of `all` that the node has: programs take a number of threads. */
export function coresFor({ cores, exclusive }: Pick<HostRequirements, 'cores' | 'exclusive'>, all: number): number {
  return Math.max(1, cores !== 'all' && exclusive === true ? Math.ceil(cores) : Math.floor(cores === 'all' ? all : cores));
}
