import { type ChildProcess, spawn } from 'node:child_process';
import { lower } from '../low-priority.ts';
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
  // The session lowers itself too: the sandbox has begun another session by then.
  if (child.pid !== undefined) lower(child.pid);
  return child;
}
