/** What the system tells of all processes in /proc, and the end of one. What has gone meanwhile is left out; without /proc nothing is seen. */
import { readdirSync, readFileSync } from 'node:fs';

export interface SeenProcess {
  readonly pid: number;
  /** One letter, as in /proc/PID/stat. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly threads: number;
  /** Clock ticks from the machine's start to its own: with the number it names this process among all that ever had it. */
  readonly startedAt: number;
}

export function processIds(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** Undefined also for one that has ended and was not noticed by its parent yet. */
export function seeProcess(pid: number): SeenProcess | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name before it may hold anything.
  const [state = 'Z', ...numbers] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat === '' || state === 'Z' || state === 'X') return undefined;
  const at = (position: number): number => Number(numbers[position]);
  return { pid, state, parent: at(0), group: at(1), session: at(2), threads: at(16), startedAt: at(18) };
}

export function seeProcesses(): readonly SeenProcess[] {
  return processIds().flatMap((pid) => seeProcess(pid) ?? []);
}

/** `NAME=VALUE` as it was born with. */
export function environmentOf(pid: number): readonly string[] {
  return textOf(`/proc/${pid}/environ`).split('\0');
}

/** Empty when it is gone or may not be read. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** At once, and without a word when it has ended by itself meanwhile. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has.
  }
}
