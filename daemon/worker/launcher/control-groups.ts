/** A group of the kernel's for each session: limited, counted and ended as one, whatever its processes do to get away. */
import { mkdirSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CpuSets } from './cpu-sets.ts';
import { type Controller, findGroupPlaces, type GroupPlace, read, remove, write } from './group-places.ts';
import type { LimitHit, Limits } from './limits.ts';

/** Of processor time that everybody wants, for each core: as much as one process at low priority (nice 10) gets; in all not less than one usual process. */
const lowShare = { v1: { core: 110, least: 1024 }, v2: { core: 11, least: 100 } };
const periodMicros = 100_000;
/** A process that forks while it is being ended is caught in the next round. */
const rounds = 20;
/** Ended processes leave their group a moment later (milliseconds). */
const laterMs = [20, 100, 500];

export class ControlGroups {
  readonly #places: readonly GroupPlace[];
  readonly #cpuSets: CpuSets | undefined;
  /** Folders of groups that have ended, or soon will have. */
  readonly #left = new Set<string>();

  constructor(places: readonly GroupPlace[] = findGroupPlaces()) {
    this.#places = places;
    for (const place of places) {
      if (place.controllers.includes('cpu')) {
        const { core, least } = lowShare[place.version === 1 ? 'v1' : 'v2'];
        write(join(place.folder, place.version === 1 ? 'cpu.shares' : 'cpu.weight'), Math.max(least, core * availableParallelism()));
      }
      removeStale(place.folder);
    }
    const place = places.find(({ controllers }) => controllers.includes('cpuset'));
    this.#cpuSets = place === undefined ? undefined : new CpuSets(place);
  }

  /** What the kernel limits here. */
  get controllers(): readonly Controller[] {
    return this.#places.flatMap(({ controllers }) => controllers);
  }

  /** `name`: of the session among all on this machine; begins with the launcher's process id. */
  create(name: string, limits: Limits): ControlGroup {
    const groups: GroupPlace[] = [];
    for (const place of this.#places) {
      const group = { ...place, folder: join(place.folder, name) };
      try {
        mkdirSync(group.folder, { recursive: true });
      } catch {
        continue;
      }
      if (group.controllers.every((one) => (one === 'cpuset' ? this.#cpuSets?.enter(group.folder) : limit(group, one, limits)))) groups.push(group);
      else remove(group.folder);
    }
    return new ControlGroup(groups, limits, { tidy: (folders) => this.#tidy(folders), cpuSets: this.#cpuSets });
  }

  /** A session that is in no group: it is watched. */
  none(limits: Limits): ControlGroup {
    return new ControlGroup([], limits, { tidy: () => {}, cpuSets: undefined });
  }

  /** What is left of our own, as far as it is empty; another daemon's may be in use. */
  async remove(): Promise<void> {
    for (const ms of laterMs) {
      for (const folder of this.#left) if (remove(folder)) this.#left.delete(folder);
      if (this.#left.size === 0) break;
      await pause(ms);
    }
    for (const { folder } of this.#places) remove(folder);
  }

  #tidy(folders: readonly string[], waits: readonly number[] = laterMs): void {
    for (const folder of folders) this.#cpuSets?.leave(folder);
    const left = folders.filter((folder) => !remove(folder));
    for (const folder of folders) this.#left[left.includes(folder) ? 'add' : 'delete'](folder);
    const [first, ...rest] = waits;
    if (left.length > 0 && first !== undefined) setTimeout(() => this.#tidy(left, rest), first).unref();
  }
}

export class ControlGroup {
  readonly #groups: readonly GroupPlace[];
  readonly #limits: Limits;
  readonly #needs: { readonly tidy: (folders: readonly string[]) => void; readonly cpuSets: CpuSets | undefined };

  constructor(
    groups: readonly GroupPlace[],
    limits: Limits,
    needs: { readonly tidy: (folders: readonly string[]) => void; readonly cpuSets: CpuSets | undefined },
  ) {
    this.#groups = groups;
    this.#limits = limits;
    this.#needs = needs;
  }

  /**
   * Files to which a process of one thread writes 0 to be in it. In version 1 the one for single threads: for whole processes the kernel first waits
   * until every processor has been through its scheduler, some ten milliseconds.
   */
  get doors(): readonly string[] {
    return this.#groups.map(({ version, folder }) => join(folder, version === 1 ? 'tasks' : 'cgroup.procs'));
  }

  get folders(): readonly string[] {
    return this.#groups.map(({ folder }) => folder);
  }

  /** Its processes are in a group, so that none of them can hide. */
  get isEntered(): boolean {
    return this.#groups.length > 0;
  }

  /** Everything in it, as this process counts. */
  pids(): readonly number[] {
    const [group] = this.#groups;
    if (group === undefined) return [];
    return (read(join(group.folder, 'cgroup.procs')) ?? '').split('\n').filter(Boolean).map(Number);
  }

  limits(controller: Controller): boolean {
    return this.#groups.some(({ controllers }) => controllers.includes(controller));
  }

  /** The processors that its limits promise it. False: they cannot be had. */
  claim(): boolean {
    const { exclusiveCores } = this.#limits;
    if (exclusiveCores === undefined) return true;
    const group = this.#groups.find(({ controllers }) => controllers.includes('cpuset'));
    return group !== undefined && this.#needs.cpuSets?.claim(group.folder, exclusiveCores) === true;
  }

  /** They are everybody's again. */
  release(): void {
    for (const folder of this.folders) this.#needs.cpuSets?.release(folder);
  }

  /** What the kernel has refused to the group, or ended in it for that, since it was made. */
  hit(): LimitHit | undefined {
    const { memoryBytes, processes } = this.#limits;
    for (const { version, folder, controllers } of this.#groups) {
      if (memoryBytes !== undefined && controllers.includes('memory')) {
        if (countIn(read(join(folder, version === 1 ? 'memory.oom_control' : 'memory.events')), 'oom_kill') > 0) return { what: 'memory', limit: memoryBytes };
      }
      if (processes !== undefined && controllers.includes('pids') && countIn(read(join(folder, 'pids.events')), 'max') > 0)
        return { what: 'processes', limit: processes };
    }
    return undefined;
  }

  /** Everything in it, wherever it has gone to. */
  kill(): void {
    const [group] = this.#groups;
    if (group === undefined || (group.version === 2 && write(join(group.folder, 'cgroup.kill'), 1))) return;
    for (let round = 0; round < rounds; round++) {
      const pids = this.pids();
      if (pids.length === 0) return;
      for (const pid of pids) kill(pid);
    }
  }

  /** Now, or as soon as what was ended has left it. */
  remove(): void {
    this.#needs.tidy(this.folders);
  }
}

/** True when the limit holds, or nothing is to be limited. */
function limit({ version, folder }: GroupPlace, controller: Exclude<Controller, 'cpuset'>, { memoryBytes, processes, cores, together }: Limits): boolean {
  const at = (name: string): string => join(folder, name);
  const above = (name: string): string => join(dirname(folder), name);
  switch (controller) {
    case 'memory': {
      const name = version === 1 ? 'memory.limit_in_bytes' : 'memory.max';
      if (together !== undefined) write(above(name), Math.floor(together.memoryBytes));
      if (memoryBytes === undefined) return true;
      if (!write(at(name), Math.floor(memoryBytes))) return false;
      // Where the kernel counts swap: what does not fit must not crowd out the machine's own programs instead.
      if (version === 1) write(at('memory.memsw.limit_in_bytes'), Math.floor(memoryBytes));
      else write(at('memory.swap.max'), 0);
      return true;
    }
    case 'pids':
      return processes === undefined || write(at('pids.max'), processes);
    case 'cpu': {
      if (cores === undefined) return true;
      const micros = Math.round(cores * periodMicros);
      return version === 1
        ? write(at('cpu.cfs_period_us'), periodMicros) && write(at('cpu.cfs_quota_us'), micros)
        : write(at('cpu.max'), `${micros} ${periodMicros}`);
    }
  }
}

/** Groups of launchers that died: empty, or they are still in use. */
function removeStale(folder: string): void {
  for (const name of namesIn(folder)) {
    const launcher = /^(\d+)-/.exec(name)?.[1];
    if (launcher !== undefined && !isAlive(Number(launcher))) remove(join(folder, name));
  }
}

/** None where another launcher, that was the last to use it, has just removed it. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}

/** The number after a name, as in `oom_kill 1`. */
function countIn(text: string | undefined, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1] ?? 0);
}
