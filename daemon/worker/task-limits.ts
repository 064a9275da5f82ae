/**
 * What a task may use: what its step asks for with some room above it, and never the daemon's own share of the machine. What a step says
 * nothing about is bounded by the machine alone.
 */
import type { HostRequirements } from '../../src/model/job.ts';
import { wantsOwnCores } from '../../src/model/resources.ts';
import type { Limits } from './launcher/limits.ts';
import { coresFor } from './task-programs.ts';

/** Of this node, as far as its daemon may use it. */
export interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly freeDiskBytes: number;
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

/** `folder`: of the session, whose content is what it has written. */
export function limitsFor(requirements: HostRequirements, machine: Machine, folder: string): Limits {
  const { cores, memoryBytes, diskBytes, processes = mostProcesses } = requirements;
  const all = machine.memoryBytes - Math.min(machine.memoryBytes / 2, daemonShare.most, Math.max(daemonShare.least, machine.memoryBytes * daemonShare.part));
  const own = memoryBytes * memoryHeadroom.times + memoryHeadroom.bytes;
  // Who has the node to itself takes from nobody.
  const memory = cores === 'all' || memoryBytes === 0 ? all : Math.min(all, own);
  const whole = cores === 'all' ? machine.cores : coresFor({ requirements }, machine.cores);
  const disk = diskBytes ?? machine.freeDiskBytes * diskPart;
  return {
    memoryBytes: Math.floor(memory),
    processes,
    ...(whole < machine.cores ? { cores: whole } : {}),
    ...(wantsOwnCores(requirements) ? { exclusiveCores: whole } : {}),
    ...(disk < leastDiskBytes && diskBytes === undefined ? {} : { disk: { folder, bytes: Math.floor(disk) } }),
    together: { memoryBytes: Math.floor(all) },
  };
}

/** Tasks of one job with the same shape can follow each other in one session. */
export function shapeOf(requirements: HostRequirements, cores: number): string {
  const { memoryBytes, diskBytes, processes, network, gpus = 0 } = requirements;
  return [
    wantsOwnCores(requirements) ? `${cores} alone` : cores,
    memoryBytes,
    diskBytes ?? '',
    processes ?? '',
    network === true ? 'network' : '',
    ...(gpus === 0 ? [] : [`${gpus} GPUs`]),
  ].join('/');
}
