import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { ProcessSpec } from './messages.ts';

/** In a process group of its own, at low priority: whoever owns the machine comes first. */
export function spawnLow(spec: ProcessSpec): ChildProcess {
  const child = spawn(spec.file, spec.args, {
    cwd: spec.folder,
    env: { ...spec.environment },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    ...(spec.user === undefined ? {} : { uid: spec.user, gid: spec.user }),
  });
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already; the session lowers itself too.
  }
  return child;
}
