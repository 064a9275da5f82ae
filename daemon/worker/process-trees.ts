/** Processes that are known for sure, though numbers are given again, and the end of all that they have started. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';

/** One process among all that ever had its number since the machine started. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the machine's start to its own. */
  readonly startedAt: number;
}

interface Seen extends ProcessIdentity {
  /** One letter, as in /proc/PID/stat. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/** Longest wait for the end of killed processes (milliseconds): one that the kernel holds ends when it is let go, and does nothing until then. */
const endMs = 5_000;
/** A process that forks while it is being hunted is caught in the next round. */
const roundMs = 20;

/** Undefined when there is none, or the system does not tell. */
export function identify(pid: number): ProcessIdentity | undefined {
  const seen = seenAs(pid);
  return seen === undefined ? undefined : { pid, startedAt: seen.startedAt };
}

/** Is its main thread in a wait that nothing interrupts, as for a disk that does not answer? */
export function isHeldByDisk({ pid, startedAt }: ProcessIdentity, look: (pid: number) => Pick<Seen, 'state' | 'startedAt'> | undefined = seenAs): boolean {
  const seen = look(pid);
  return seen?.startedAt === startedAt && seen.state === 'D';
}

/** Kills exactly these processes and whatever descends from them or is in their groups and sessions. Resolves when nothing of it is left, or will not end. */
export async function endTrees(roots: readonly ProcessIdentity[], { clock }: { readonly clock: Clock }): Promise<void> {
  const doomed = new Map<number, ProcessIdentity>(roots.map((root) => [root.pid, root]));
  const until = clock.now() + endMs;
  for (;;) {
    const all = allSeen();
    const alive = aliveOf(all, doomed);
    for (const one of alive) doomed.set(one.pid, one);
    for (const { pid } of alive) kill(pid);
    if (alive.length === 0 || clock.now() >= until) return;
    const round = Promise.withResolvers<void>();
    clock.after(roundMs, round.resolve);
    await round.promise;
  }
}

/** Of the doomed those that live, and what belongs to them. Never this process itself. */
function aliveOf(all: readonly Seen[], doomed: ReadonlyMap<number, ProcessIdentity>): readonly Seen[] {
  const found = new Map<number, Seen>();
  const belongs = (one: Seen): boolean =>
    doomed.get(one.pid)?.startedAt === one.startedAt || [one.parent, one.group, one.session].some((pid) => pid !== one.pid && found.has(pid));
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const one of all) if (one.pid !== process.pid && !found.has(one.pid) && belongs(one)) found.set(one.pid, one);
  }
  return [...found.values()];
}

function allSeen(): readonly Seen[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => seenAs(Number(name)))
      .filter((seen) => seen !== undefined);
  } catch {
    return [];
  }
}

/** Undefined also for one that has ended and was not noticed by its parent yet. */
function seenAs(pid: number): Seen | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before it may hold anything.
    const [state = 'Z', ...numbers] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const at = (position: number): number => Number(numbers[position]);
    return { pid, state, parent: at(0), group: at(1), session: at(2), startedAt: at(18) };
  } catch {
    return undefined;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}
