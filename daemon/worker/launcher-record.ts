/** Which process the launcher is, in a file of the home: one that does not answer can be ended though its socket is silent, or gone. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { identify, type ProcessIdentity } from './process-trees.ts';

/** In the work folder. */
export const launcherRecordFile = 'launcher.json';

const recorded = z.strictObject({ pid: z.int().positive(), startedAt: z.int().nonnegative(), boot: z.string() });

/**
 * Puts the process on record unless it is. Written at once, whole or not at all; a disk that does not take it costs no task: the record is
 * needed only if the launcher ceases to answer.
 */
export function recordLauncher(path: string, pid: number): void {
  const own = identify(pid);
  const known = recordedLauncher(path);
  if (own === undefined || (known?.pid === own.pid && known.startedAt === own.startedAt)) return;
  try {
    writeFileSync(`${path}.new`, JSON.stringify({ ...own, boot: bootId() }), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch {
    // The next daemon that meets this launcher tries again.
  }
}

/** The process on record, whether it lives or not; undefined when there is none, or the machine was started anew since. */
export function recordedLauncher(path: string): ProcessIdentity | undefined {
  try {
    const { boot, ...identity } = recorded.parse(JSON.parse(readFileSync(path, 'utf8')));
    return boot === bootId() ? identity : undefined;
  } catch {
    return undefined;
  }
}

/** A start time counts from the machine's start: it names a process only together with that. */
function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
