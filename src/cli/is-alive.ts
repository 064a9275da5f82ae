import { readFileSync } from 'node:fs';

/** Does the process still run? One that has ended but that nobody has taken note of (some containers' first process never does) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return status.slice(status.lastIndexOf(')')).startsWith(') Z');
  } catch {
    // Gone in this moment, or a system that does not tell.
    return false;
  }
}
