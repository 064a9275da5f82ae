/** The processes of this machine, by what /proc says; daemons of one laboratory share it. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Seen {
  readonly pid: number;
  readonly parent: number;
  /** With spaces between the words. */
  readonly command: string;
}

/** All that live; what has ended but is not reaped yet does not. */
export function allProcesses(): readonly Seen[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): Seen[] => {
      const [, state, parent] = /\) (\S) (\d+) /.exec(textOf(`/proc/${name}/stat`)) ?? [];
      if (state === undefined || state === 'Z' || state === 'X') return [];
      return [{ pid: Number(name), parent: Number(parent), command: textOf(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim() }];
    });
}

/** Everything of the daemon with this home: itself, its launcher and its sessions, with all their descendants. */
export function processesOf(home: string): readonly Seen[] {
  const all = allProcesses();
  // A sandbox names the folders of its session; the rest was given the home as a variable.
  const roots = all.filter(
    ({ pid, command }) => pid !== process.pid && (command.includes(`${home}/`) || textOf(`/proc/${pid}/environ`).split('\0').includes(`SUPERVM_HOME=${home}`)),
  );
  const own = new Set(roots.map(({ pid }) => pid));
  for (let before = -1; before !== own.size; ) {
    before = own.size;
    for (const { pid, parent } of all) if (own.has(parent)) own.add(pid);
  }
  return all.filter(({ pid }) => own.has(pid));
}

/** Those whose whole command line is this. */
export function processesCalled(command: string): readonly Seen[] {
  return allProcesses().filter((seen) => seen.command === command);
}

/** Sends a signal to each; whoever is gone already needs none. */
export function signalAll(processes: readonly Seen[], signal: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone since we looked.
    }
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
