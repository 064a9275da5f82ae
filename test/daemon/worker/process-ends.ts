/** Waiting for the ends of real processes. */
import { readFileSync } from 'node:fs';

/** Resolves when the process has ended, whether its parent has noticed or not. */
export async function isGone(pid: number): Promise<void> {
  for (let status = readStatus(pid); status !== '' && !status.includes(') Z'); status = readStatus(pid)) await new Promise((resolve) => setImmediate(resolve));
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}

/** Resolves when nobody of the group is left. A killed process is there until its new parent has noticed. */
export async function groupIsGone(leader: number): Promise<void> {
  for (;;) {
    try {
      process.kill(-leader, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
