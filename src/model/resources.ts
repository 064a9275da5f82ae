/** Does a task fit a node? What a node could ever run (`lackOf`), and what is left beside what runs there (`hasRoom`). */
import type { Inventory } from './inventory.ts';
import { exclusiveLabel, isAsIsolated, isolationOf } from './isolation.ts';
import type { HostRequirements } from './job.ts';
import { ownTypeOf } from './own-job-type.ts';

/** What some tasks together hold of a node. `alone` is true while one of them wants the whole node. */
export interface Reserved {
  readonly tasks: number;
  readonly cores: number;
  /** Of them, whole ones that one task has for itself; and the tasks that share the others. */
  readonly exclusiveCores: number;
  readonly sharing: number;
  readonly gpus: number;
  readonly memoryBytes: number;
  readonly alone: boolean;
}

export const nothingReserved: Reserved = { tasks: 0, cores: 0, exclusiveCores: 0, sharing: 0, gpus: 0, memoryBytes: 0, alone: false };

type Capacity = Pick<Inventory, 'cores' | 'memoryBytes'> & Partial<Pick<Inventory, 'gpus'>>;

export interface Lack {
  readonly code: 'no-program' | 'program-too-old' | 'too-small' | 'not-isolated';
  /** In words, without the node's name: `has blender 3.4.1, 4.2 is needed`. */
  readonly reason: string;
}

/** However little tasks ask for, a node is not given more than this at a time. */
const mostTasksAtOnce = 256;

/** Fractions of a core come from cgroup quotas; sums of them must not fail by a rounding error. */
const roundingError = 1e-6;

/** Compares dotted versions number by number: `3.10` is above `3.9`, `4` equals `4.0`. A suffix (`4.2.0-beta`) is ignored. */
export function compareVersions(a: string, b: string): number {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (let place = 0; place < Math.max(left.length, right.length); place++) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] {
  const dotted = /\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0';
  return dotted.split('.').map(Number);
}

/** The first reason why the node, were it empty, could not run such a task; undefined when it could. */
export function lackOf(requirements: HostRequirements, inventory: Inventory): Lack | undefined {
  const level = isolationOf(inventory);
  if (requirements.isolation !== undefined && !isAsIsolated(level, requirements.isolation)) {
    return { code: 'not-isolated', reason: `keeps tasks apart at level ${level ?? 'unknown'}, ${requirements.isolation} is needed` };
  }
  if (wantsOwnCores(requirements) && inventory.labels[exclusiveLabel] === undefined) {
    return { code: 'not-isolated', reason: 'cannot keep cores for one task alone: it has no control group for processor sets' };
  }
  for (const wanted of requirements.programs) {
    const found = programLack(wanted, inventory);
    if (found !== undefined) return found;
  }
  const cores = coresOf(requirements, inventory);
  if (cores > inventory.cores + roundingError) {
    return { code: 'too-small', reason: `has ${inventory.cores} cores, ${cores} ${cores === 1 ? 'is' : 'are'} needed` };
  }
  if ((requirements.gpus ?? 0) > gpusIn(inventory)) {
    return { code: 'too-small', reason: `has ${gpusIn(inventory)} GPUs that can be given to a task, ${requirements.gpus} needed` };
  }
  if (requirements.memoryBytes > inventory.memoryBytes) {
    return { code: 'too-small', reason: `has ${gibibytes(inventory.memoryBytes)} GiB of memory, ${gibibytes(requirements.memoryBytes)} GiB are needed` };
  }
  if (requirements.diskBytes !== undefined && requirements.diskBytes > inventory.freeDiskBytes) {
    return { code: 'too-small', reason: `has ${gibibytes(inventory.freeDiskBytes)} GiB of free disk, ${gibibytes(requirements.diskBytes)} GiB are needed` };
  }
  return undefined;
}

function programLack(wanted: HostRequirements['programs'][number], inventory: Inventory): Lack | undefined {
  const named = inventory.programs.filter((program) => program.name === wanted.name);
  const type = ownTypeOf(wanted);
  if (type !== undefined) return ownTypeLack(type, wanted, named);
  if (named.length === 0) return { code: 'no-program', reason: `has no ${wanted.name}` };
  const minimum = wanted.minimumVersion;
  const recent = named.filter((program) => minimum === undefined || compareVersions(program.version, minimum) >= 0);
  if (recent.length === 0)
    return { code: 'program-too-old', reason: `has ${wanted.name} ${named.map((program) => program.version).join(', ')}, ${minimum} is needed` };
  const missing = (features: readonly string[]): string[] => (wanted.features ?? []).filter((feature) => !features.includes(feature));
  if (recent.some((program) => missing(program.features).length === 0)) return undefined;
  return { code: 'no-program', reason: `has a ${wanted.name} built without ${missing(recent[0]?.features ?? []).join(', ')}` };
}

function ownTypeLack(type: string, wanted: HostRequirements['programs'][number], named: Inventory['programs']): Lack | undefined {
  if (named.length === 0) return { code: 'no-program', reason: `has no job type ${type}` };
  if (named.some((found) => wanted.features?.every((feature) => found.features.includes(feature)))) return undefined;
  return { code: 'no-program', reason: `has another version of the job type ${type}` };
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}

/** Is there room for one more such task beside what is reserved? Assumes `lackOf` found nothing. */
export function hasRoom(requirements: HostRequirements, capacity: Capacity, reserved: Reserved): boolean {
  if (reserved.alone || reserved.tasks >= mostTasksAtOnce) return false;
  if (requirements.cores === 'all') return reserved.tasks === 0;
  const { cores, exclusiveCores, sharing, gpus, memoryBytes } = reserve(requirements, capacity, reserved);
  if (cores > capacity.cores + roundingError || memoryBytes > capacity.memoryBytes || (gpus > 0 && gpus > gpusIn(capacity))) return false;
  // Who shares needs a processor to be on, however little of it; a quota may leave parts of one only.
  return exclusiveCores === 0 || sharing === 0 || exclusiveCores + 1 <= Math.ceil(capacity.cores - roundingError);
}

/** Whoever has the whole node has its cores alone anyway. */
export function wantsOwnCores({ cores, exclusive }: HostRequirements): boolean {
  return exclusive === true && cores !== 'all';
}

/** Of others nobody can say which device nodes are theirs. */
function gpusIn({ gpus = [] }: Partial<Pick<Inventory, 'gpus'>>): number {
  return new Set(gpus.flatMap(({ device }) => device ?? [])).size;
}

/** What the task holds while it runs: cores that are its alone are whole ones. */
function coresOf({ cores, exclusive }: HostRequirements, capacity: Capacity): number {
  if (cores === 'all') return capacity.cores;
  return exclusive === true ? Math.max(1, Math.ceil(cores - roundingError)) : cores;
}

export function reserve(requirements: HostRequirements, capacity: Capacity, reserved: Reserved): Reserved {
  const alone = requirements.cores === 'all';
  const cores = coresOf(requirements, capacity);
  const isSharing = !wantsOwnCores(requirements);
  return {
    tasks: reserved.tasks + 1,
    cores: reserved.cores + cores,
    exclusiveCores: reserved.exclusiveCores + (isSharing ? 0 : cores),
    sharing: reserved.sharing + (isSharing ? 1 : 0),
    gpus: reserved.gpus + (requirements.gpus ?? 0),
    memoryBytes: reserved.memoryBytes + requirements.memoryBytes,
    alone: reserved.alone || alone,
  };
}

export interface Admission<T> {
  readonly running: readonly T[];
  readonly waiting: readonly T[];
  readonly reserved: Reserved;
}

/**
 * Which of the tasks, taken in order, run at once: each that has room beside those before it. Tasks of which the node
 * holds more than fits wait behind. The coordinator and the worker count alike, so neither runs over.
 */
export function admit<T>(tasks: Iterable<T>, requirementsOf: (task: T) => HostRequirements, capacity: Capacity): Admission<T> {
  const running: T[] = [];
  const waiting: T[] = [];
  let reserved = nothingReserved;
  for (const task of tasks) {
    const requirements = requirementsOf(task);
    if (waiting.length === 0 && hasRoom(requirements, capacity, reserved)) {
      reserved = reserve(requirements, capacity, reserved);
      running.push(task);
    } else {
      waiting.push(task);
    }
  }
  return { running, waiting, reserved };
}

/** A node with less free disk can hardly store another fact: it should not coordinate while others could. */
const leastRecordRoomBytes = 8 * 2 ** 20;

/** False too while its disk refuses what it decides, or takes seconds for it: the label `records` says so. */
export function hasRecordRoom({ freeDiskBytes, labels: { records } }: Pick<Inventory, 'freeDiskBytes' | 'labels'>): boolean {
  return freeDiskBytes >= leastRecordRoomBytes && records === undefined;
}
