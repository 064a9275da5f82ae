import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { ProcessSpec } from './messages.ts';
import { startCommand } from './start-command.ts';

/** In a process group of its own, at low priority: whoever owns the machine comes first. `doors`: of the control groups that it enters. */
export function spawnLow(spec: ProcessSpec, doors: readonly string[] = []): ChildProcess {
  const { file, args } = startCommand(spec, doors);
  const child = spawn(file, args, {
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
