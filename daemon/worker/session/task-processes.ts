/** Ends what a task has left running in a session that goes on. */
import { readdirSync, readFileSync } from 'node:fs';

interface Seen {
  readonly pid: number;
  readonly parent: number;
  /** Of this process among all that ever had its number. */
  readonly key: string;
}

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
    this.#before = new Set(this.#seen().map(({ key }) => key));
  }

  /** Kills what the task has started, but for these processes; theirs, and those of what ran before, stay too. */
  end(kept: readonly number[]): void {
    for (let round = 0; round < rounds; round += 1) {
      const doomed = this.#doomed(new Set(kept));
      if (doomed.length === 0) return;
      for (const { pid } of doomed) kill(pid);
    }
  }

  #doomed(kept: ReadonlySet<number>): readonly Seen[] {
    const seen = new Map(this.#seen().map((one) => [one.pid, one]));
    // Everything descends from these.
    const above = new Set([1]);
    for (let one = seen.get(process.pid); one !== undefined && !above.has(one.pid); one = seen.get(one.parent)) above.add(one.pid);
    const stays = (one: Seen | undefined): boolean =>
      one !== undefined && !above.has(one.pid) && (kept.has(one.pid) || this.#before.has(one.key) || stays(seen.get(one.parent)));
    return [...seen.values()].filter((one) => !above.has(one.pid) && !stays(one));
  }

  #seen(): readonly Seen[] {
    const { SUPERVM_SESSION: name } = process.env;
    const mark = `SUPERVM_SESSION=${name}`;
    const isOwn = ({ pid }: Seen): boolean => pid === process.pid || textOf(`/proc/${pid}/environ`).split('\0').includes(mark);
    const all = numbersIn('/proc').flatMap(seenAs);
    return this.#isAlone ? all : all.filter(isOwn);
  }
}

/** Empty for one that has ended, whether its parent has noticed or not. */
function seenAs(pid: number): readonly Seen[] {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name before it may hold anything.
  const [state = 'Z', parent = '0', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat === '' || state === 'Z' || state === 'X') return [];
  return [{ pid, parent: Number(parent), key: `${pid}:${rest[17]}` }];
}

function numbersIn(folder: string): readonly number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile, or is not ours to end.
  }
}
