/** Ends what a task has left running in a session that goes on. */
import { environmentOf, killProcess, type SeenProcess, seeProcesses } from '../system-processes.ts';

/** One that forks while it is being hunted is caught in the next round. */
const rounds = 5;

export class TaskProcesses {
  readonly #isAlone: boolean;
  #before: ReadonlySet<string> = new Set();

  /** `isAlone`: no processes but this session's can be seen. */
  constructor(isAlone: boolean) {
    this.#isAlone = isAlone;
  }

  /** Whatever runs now stays when the task that begins has ended. */
  begin(): void {
    this.#before = new Set(this.#seen().map(keyOf));
  }

  /** Kills what the task has started, but for these processes; theirs, and those of what ran before, stay too. */
  end(kept: readonly number[]): void {
    for (let round = 0; round < rounds; round += 1) {
      const doomed = this.#doomed(new Set(kept));
      if (doomed.length === 0) return;
      for (const { pid } of doomed) killProcess(pid);
    }
  }

  #doomed(kept: ReadonlySet<number>): readonly SeenProcess[] {
    const seen = new Map(this.#seen().map((one) => [one.pid, one]));
    // Everything descends from these.
    const above = new Set([1]);
    for (let one = seen.get(process.pid); one !== undefined && !above.has(one.pid); one = seen.get(one.parent)) above.add(one.pid);
    const stays = (one: SeenProcess | undefined): boolean =>
      one !== undefined && !above.has(one.pid) && (kept.has(one.pid) || this.#before.has(keyOf(one)) || stays(seen.get(one.parent)));
    return [...seen.values()].filter((one) => !above.has(one.pid) && !stays(one));
  }

  #seen(): readonly SeenProcess[] {
    const { SUPERVM_SESSION: name } = process.env;
    const mark = `SUPERVM_SESSION=${name}`;
    const isOwn = ({ pid }: SeenProcess): boolean => pid === process.pid || environmentOf(pid).includes(mark);
    const all = seeProcesses();
    return this.#isAlone ? all : all.filter(isOwn);
  }
}

/** Of this process among all that ever had its number. */
function keyOf({ pid, startedAt }: SeenProcess): string {
  return `${pid}:${startedAt}`;
}
