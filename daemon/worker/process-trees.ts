/** Processes that are known for sure, though numbers are given again, and the end of all that they have started. */
import type { Clock } from '../clock.ts';
import { killProcess, type SeenProcess, seeProcess, seeProcesses } from './system-processes.ts';

/** One process among all that ever had its number since the machine started. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the machine's start to its own. */
  readonly startedAt: number;
}

/** Longest wait for the end of killed processes (milliseconds): one that the kernel holds ends when it is let go, and does nothing until then. */
const endMs = 5_000;
/** A process that forks while it is being hunted is caught in the next round. */
const roundMs = 20;

/** Undefined when there is none, or the system does not tell. */
export function identify(pid: number): ProcessIdentity | undefined {
  const seen = seeProcess(pid);
  return seen === undefined ? undefined : { pid, startedAt: seen.startedAt };
}

/** Is its main thread in a wait that nothing interrupts, as for a disk that does not answer? */
export function isHeldByDisk(
  { pid, startedAt }: ProcessIdentity,
  look: (pid: number) => Pick<SeenProcess, 'state' | 'startedAt'> | undefined = seeProcess,
): boolean {
  const seen = look(pid);
  return seen?.startedAt === startedAt && seen.state === 'D';
}

/** Kills exactly these processes and whatever descends from them or is in their groups and sessions. Resolves when nothing of it is left, or will not end. */
export async function endTrees(roots: readonly ProcessIdentity[], { clock }: { readonly clock: Clock }): Promise<void> {
  const doomed = new Map<number, ProcessIdentity>(roots.map((root) => [root.pid, root]));
  const until = clock.now() + endMs;
  for (;;) {
    const all = seeProcesses();
    const alive = aliveOf(all, doomed);
    for (const one of alive) doomed.set(one.pid, one);
    for (const { pid } of alive) killProcess(pid);
    if (alive.length === 0 || clock.now() >= until) return;
    const round = Promise.withResolvers<void>();
    clock.after(roundMs, round.resolve);
    await round.promise;
  }
}

/** Of the doomed those that live, and what belongs to them. Never this process itself. */
function aliveOf(all: readonly SeenProcess[], doomed: ReadonlyMap<number, ProcessIdentity>): readonly SeenProcess[] {
  const found = new Map<number, SeenProcess>();
  const belongs = (one: SeenProcess): boolean =>
    doomed.get(one.pid)?.startedAt === one.startedAt || [one.parent, one.group, one.session].some((pid) => pid !== one.pid && found.has(pid));
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const one of all) if (one.pid !== process.pid && !found.has(one.pid) && belongs(one)) found.set(one.pid, one);
  }
  return [...found.values()];
}
