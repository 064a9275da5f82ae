/**
 * Low priority for everything of a task. Linux shares the processor between sessions (setsid) first, and between the processes of each then: a low
 * priority counts beside the programs of its own session alone, unless the session has one too (sched(7), "the autogroup feature").
 */
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

const priority = constants.priority.PRIORITY_BELOW_NORMAL;

/** The process and its session; default: this one. Those that it starts inherit the one, and the other until they begin sessions of their own. */
export function lower(pid?: number): void {
  try {
    setPriority(pid ?? 0, priority);
  } catch {
    // It has ended already, or this machine does not let us.
  }
  lowerSession(pid);
}

/** False when it may work later: who is not root may do so ten times a second. */
export function lowerSession(pid?: number): boolean {
  try {
    writeFileSync(`/proc/${pid ?? 'self'}/autogroup`, `${priority}`);
    return true;
  } catch (error) {
    // Otherwise it has ended, or this kernel knows no such thing.
    return (error as NodeJS.ErrnoException).code !== 'EAGAIN';
  }
}
