/**
 * Which processors each session may run on: those that one session has for itself, and for all others the rest. The kernel holds every process of
 * a group to it. Files are called alike in both versions of control groups.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type GroupPlace, read, write } from './group-places.ts';

export class CpuSets {
  readonly #place: GroupPlace;
  readonly #all: readonly number[];
  /** Folders of the sessions' groups; those with processors of their own, and which. */
  readonly #sharing = new Set<string>();
  readonly #claimed = new Map<string, readonly number[]>();

  /** `place`: one that has the controller. */
  constructor(place: GroupPlace) {
    this.#place = place;
    this.#all = processorsIn(inherit(place));
  }

  /** A new group, before anybody is in it. False: it cannot be used. */
  enter(folder: string): boolean {
    const { version, folder: above } = this.#place;
    const list = listOf(this.#shared());
    if (version === 1 && isEmpty(folder, 'cpuset.mems') && !write(join(folder, 'cpuset.mems'), read(join(above, 'cpuset.mems')) ?? '')) return false;
    // The kernel thinks about all processors with each write, for milliseconds.
    if (this.#rangeOf(folder) !== list && !write(join(folder, 'cpuset.cpus'), list)) return false;
    this.#sharing.add(folder);
    return true;
  }

  /** So many processors for this group alone; false when they cannot be had, and then nothing has changed. */
  claim(folder: string, count: number): boolean {
    if (this.#claimed.has(folder)) return true;
    const own = this.#free().slice(0, count);
    if (!this.#sharing.has(folder) || own.length < count) return false;
    this.#claimed.set(folder, own);
    if (this.#keepOff() && write(join(folder, 'cpuset.cpus'), listOf(own))) return true;
    this.release(folder);
    return false;
  }

  /** It shares what is left with the others again. */
  release(folder: string): void {
    if (this.#claimed.delete(folder)) this.#keepOff();
  }

  /** The group has ended. */
  leave(folder: string): void {
    this.release(folder);
    this.#sharing.delete(folder);
  }

  /** Where its processes run now. */
  #rangeOf(folder: string): string {
    const own = processorsIn(read(join(folder, 'cpuset.cpus')) ?? '');
    return listOf(own.length === 0 && this.#place.version === 2 ? this.#all : own);
  }

  /** True when whoever shares runs only on what is left. */
  #keepOff(): boolean {
    const list = listOf(this.#shared());
    const others = [...this.#sharing].filter((folder) => !this.#claimed.has(folder));
    return others.filter((folder) => !write(join(folder, 'cpuset.cpus'), list) && existsSync(folder)).length === 0;
  }

  #free(): readonly number[] {
    const taken = new Set([...this.#claimed.values()].flat());
    // From the end: the first one serves most interrupts.
    return this.#all.filter((one) => !taken.has(one)).toReversed();
  }

  /** Where nothing is left only sessions without a task are, which need some processor all the same. */
  #shared(): readonly number[] {
    const free = this.#free();
    return free.length > 0 ? free : this.#all;
  }
}

/** What the place itself may use, which in version 1 has to be written down before any group below it can be. */
function inherit({ version, folder }: GroupPlace): string {
  if (version === 2) return read(join(folder, 'cpuset.cpus.effective')) ?? '';
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    if (isEmpty(folder, name)) write(join(folder, name), read(join(dirname(folder), name))?.trim() ?? '');
  }
  // New groups have the same.
  write(join(folder, 'cgroup.clone_children'), 1);
  return read(join(folder, 'cpuset.cpus')) ?? '';
}

function isEmpty(folder: string, name: string): boolean {
  return (read(join(folder, name))?.trim() ?? '') === '';
}

/** Of the kernel's lists: `0-3,8`. */
export function processorsIn(list: string): readonly number[] {
  return list
    .trim()
    .split(',')
    .filter(Boolean)
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, place) => first + place);
    });
}

function listOf(processors: readonly number[]): string {
  return `${processors.toSorted((a, b) => a - b).join(',')}\n`;
}
