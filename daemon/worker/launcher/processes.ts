/** The processes one launcher has started. */
import { type KeptNeeds, KeptProcess } from './kept-process.ts';
import type { LauncherCommand, LeftProcess } from './messages.ts';
import { usesOf } from './process-use.ts';
import { uptimeMs } from './uptime.ts';

/** How often leases are looked at while there are any (milliseconds); a timer alone would stand still in sleep. */
const leaseLookMs = 250;
/** How often what they use is looked at: what the kernel does not stop goes on so long (milliseconds). */
const limitLookMs = 200;
/** Processes that do not end are not waited for longer (milliseconds). */
const endMs = 2_000;

export class Processes {
  readonly #kept = new Map<number, KeptProcess>();
  readonly #needs: Omit<KeptNeeds, 'onEnd'>;
  #looking: NodeJS.Timeout | undefined;
  #holding: NodeJS.Timeout | undefined;
  #ended: (() => void) | undefined;

  constructor(needs: Omit<KeptNeeds, 'onEnd'>) {
    this.#needs = needs;
  }

  get isEmpty(): boolean {
    return this.#kept.size === 0;
  }

  left(): readonly LeftProcess[] {
    return [...this.#kept.values()].map((kept) => kept.left());
  }

  /** Everything a daemon may ask for that concerns a process. Nothing happens where that is forgotten. */
  obey(command: Exclude<LauncherCommand, { type: 'end' | 'ask' }>, bytes: Uint8Array): void {
    const kept = this.#kept.get(command.id);
    switch (command.type) {
      case 'start':
        this.#kept.set(command.id, new KeptProcess(command, { ...this.#needs, onEnd: () => this.#noteEnd() }));
        this.#holding ??= setTimeout(() => this.#hold(), limitLookMs);
        break;
      case 'write':
        kept?.write(bytes);
        break;
      case 'run':
        kept?.run(command, bytes);
        this.#look();
        break;
      case 'lease':
        kept?.lease(command.task, command.until);
        this.#look();
        break;
      case 'signal':
        kept?.signal(command.signal);
        break;
      case 'adopt':
        kept?.adopt();
        break;
      case 'forget':
        if (kept?.alive === false) this.#kept.delete(command.id);
        break;
    }
  }

  /** The daemon is gone: from now on what they say is only kept. */
  detach(): void {
    for (const kept of this.#kept.values()) kept.detach();
  }

  /** Resolves when no process is left, or will not end. */
  async end(): Promise<void> {
    this.#killAll();
    if (this.#living().length > 0) {
      await new Promise<void>((resolve) => {
        this.#ended = resolve;
        setTimeout(resolve, endMs);
      });
    }
    this.#killAll();
    await this.#needs.groups.remove();
  }

  #living(): readonly KeptProcess[] {
    return [...this.#kept.values()].filter((kept) => kept.alive);
  }

  #killAll(): void {
    for (const kept of this.#living()) kept.signal('SIGKILL');
  }

  #noteEnd(): void {
    if (this.#ended !== undefined && this.#living().length === 0) this.#ended();
  }

  #look(): void {
    clearTimeout(this.#looking);
    this.#looking = undefined;
    const leased = this.#living().filter((kept) => kept.endsAt < Number.POSITIVE_INFINITY);
    for (const kept of leased) if (kept.endsAt <= uptimeMs()) kept.endLease();
    if (leased.length > 0) this.#looking = setTimeout(() => this.#look(), leaseLookMs);
  }

  #hold(): void {
    const living = this.#living();
    const watched = living.flatMap((kept) => {
      const sought = kept.watched;
      return sought === undefined ? [] : [{ kept, sought }];
    });
    const uses = watched.length === 0 ? [] : usesOf(watched.map(({ sought }) => sought));
    const useOf = new Map(watched.map(({ kept }, place) => [kept, uses[place]]));
    const limited = living.filter((kept) => kept.holdToLimits(useOf.get(kept)));
    this.#holding = limited.length === 0 ? undefined : setTimeout(() => this.#hold(), limitLookMs);
  }
}
