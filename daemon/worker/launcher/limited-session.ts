/** Holds one session to its limits: by the kernel where it is permitted, by looking where it is not. */
import { lowerSession } from '../low-priority.ts';
import type { ControlGroup } from './control-groups.ts';
import { FolderSize } from './folder-size.ts';
import type { LimitHit, Limits } from './limits.ts';
import type { Use } from './process-use.ts';

/** Longest look into the workspace of a task that has just failed (milliseconds). */
const lastLookMs = 200;

export class LimitedSession {
  readonly #limits: Limits;
  readonly #group: ControlGroup;
  readonly #disk: FolderSize | undefined;
  /** Its processes, as far as they were looked at. */
  #seen: readonly number[] = [];
  /** Of those, whose own sessions, should they have begun some, have their low priority. A control group has it by itself. */
  #lowered: ReadonlySet<number> = new Set();

  constructor(limits: Limits, group: ControlGroup) {
    this.#limits = limits;
    this.#group = group;
    this.#disk = limits.disk === undefined ? undefined : new FolderSize(limits.disk.folder, () => (this.#group.isEntered ? this.#group.pids() : this.#seen));
  }

  /** By which it comes into its groups, see `ControlGroup`. */
  get doors(): readonly string[] {
    return this.#group.doors;
  }

  /** The kernel does not count everything that is limited here. */
  get isWatched(): boolean {
    const { memoryBytes, processes } = this.#limits;
    return (memoryBytes !== undefined && !this.#group.limits('memory')) || (processes !== undefined && !this.#group.limits('pids'));
  }

  /** `use`: what was seen of its processes, where they are watched. */
  look(use: Use | undefined): LimitHit | undefined {
    this.#seen = use?.pids ?? [];
    this.#lowered = new Set(this.#seen.filter((pid) => this.#lowered.has(pid) || lowerSession(pid)));
    return this.#group.hit() ?? this.#beyond(use) ?? this.#onDisk(this.#disk?.look() ?? 0);
  }

  /** A task has failed, or the session has ended: was that why? */
  lookNow(): LimitHit | undefined {
    return this.#group.hit() ?? this.#onDisk(this.#disk?.lookNow(lastLookMs) ?? 0);
  }

  /** It is given a task. A limit that cannot be held is no weaker one: the session must end. */
  begin(): LimitHit | undefined {
    return this.#group.claim() ? undefined : { what: 'exclusive-cores', limit: this.#limits.exclusiveCores ?? 0 };
  }

  /** Its task is done. */
  rest(): void {
    this.#group.release();
  }

  kill(): void {
    this.#group.kill();
  }

  /** Nothing of it is left, or soon will be. */
  end(): void {
    this.#group.remove();
  }

  #beyond(use: Use | undefined): LimitHit | undefined {
    const { memoryBytes, processes } = this.#limits;
    if (use === undefined) return undefined;
    if (memoryBytes !== undefined && !this.#group.limits('memory') && use.memoryBytes > memoryBytes) return { what: 'memory', limit: memoryBytes };
    if (processes !== undefined && !this.#group.limits('pids') && use.processes > processes) return { what: 'processes', limit: processes };
    return undefined;
  }

  /** One file of the whole size is refused by its own limit, so that is as much as there can be. */
  #onDisk(bytes: number): LimitHit | undefined {
    const { disk } = this.#limits;
    return disk !== undefined && bytes >= disk.bytes ? { what: 'disk', limit: disk.bytes } : undefined;
  }
}
