/** How busy the cores were between two looks. */
import { cpus } from 'node:os';
import { groupProcessorTime, type ReadText } from './cgroup-limits.ts';

/** Counters that only grow; nanoseconds. */
export interface LoadSample {
  /** Monotonic milliseconds. */
  readonly at: number;
  /** Of this process's group; undefined where it is not limited or not counted. */
  readonly groupBusy: number | undefined;
  readonly machineBusy: number;
  readonly machineTotal: number;
}

/** `limited`: the group has a quota of its own, so that the machine's load is not the one that matters. */
export function sampleLoad(at: number, limited: boolean, read: ReadText): LoadSample {
  let machineBusy = 0;
  let machineTotal = 0;
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    machineBusy += busy;
    machineTotal += busy + times.idle;
  }
  return { at, groupBusy: limited ? groupProcessorTime(read) : undefined, machineBusy, machineTotal };
}

/** 0..1 of the cores. */
export function loadBetween(before: LoadSample, after: LoadSample, cores: number): number {
  if (before.groupBusy !== undefined && after.groupBusy !== undefined) {
    return clamped((after.groupBusy - before.groupBusy) / ((after.at - before.at) * 1e6 * cores));
  }
  return clamped((after.machineBusy - before.machineBusy) / (after.machineTotal - before.machineTotal));
}

function clamped(share: number): number {
  return Number.isFinite(share) ? Math.round(Math.min(1, Math.max(0, share)) * 100) / 100 : 0;
}
