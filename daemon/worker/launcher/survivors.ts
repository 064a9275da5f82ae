/** Ends what a session leaves behind. */
import { environmentOf, killProcess, processIds } from '../system-processes.ts';

/** Ends every process of the group; true when there was one. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}

/** A process that forks while it is being hunted is caught in the next round. */
const rounds = 5;

/** Ends processes that took a session of their own (and so left the group) but kept the environment they were born with. */
export function killMarked(marker: string): void {
  killWhere((variable) => variable === `SUPERVM_SESSION=${marker}`);
}

/** The same for every session of a work folder: what a launcher that died has left. */
export function killMarkedOf(workMark: string): void {
  killWhere((variable) => variable.startsWith(`SUPERVM_SESSION=${workMark}:`));
}

function killWhere(isMark: (variable: string) => boolean): void {
  for (let round = 0; round < rounds; round++) {
    const found = processIds().filter((pid) => pid !== process.pid && environmentOf(pid).some(isMark));
    if (found.length === 0) return;
    for (const pid of found) killProcess(pid);
  }
}
