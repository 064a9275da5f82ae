/** Which process the launcher is, in a file of the home: one that does not answer can be ended though its socket is silent, or gone. */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { identify, type ProcessIdentity } from './process-trees.ts';

/** In the work folder. */
export const launcherRecordFile = 'launcher.json';

const recorded = z.strictObject({
  pid: z.int().positive(),
  startedAt: z.int().nonnegative(),
  boot: z.string(),
  /** Which folder the record was written in; absent in records of before. */
  folder: z.string().optional(),
});

/**
 * Puts the process on record unless it is. Written at once, whole or not at all; a disk that does not take it costs no task: the record is
 * needed only if the launcher ceases to answer.
 */
export function recordLauncher(path: string, pid: number): void {
  const own = identify(pid);
  const known = recordedLauncher(path);
  if (own === undefined || (known?.pid === own.pid && known.startedAt === own.startedAt)) return;
  try {
    writeFileSync(`${path}.new`, JSON.stringify({ ...own, boot: bootId(), folder: folderOf(path) }), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch {
    // The next daemon that meets this launcher tries again.
  }
}

/** The process on record, whether it lives or not; undefined when there is none, the machine was started anew since, or it stands in a copy of its folder. */
export function recordedLauncher(path: string): ProcessIdentity | undefined {
  try {
    const { boot, folder, ...identity } = recorded.parse(JSON.parse(readFileSync(path, 'utf8')));
    return boot === bootId() && (folder === undefined || folder === folderOf(path)) ? identity : undefined;
  } catch {
    return undefined;
  }
}

/** Device and inode: of a copied home the launcher is that of another daemon, and runs for it. */
function folderOf(path: string): string {
  const { dev, ino } = statSync(dirname(path), { bigint: true });
  return `${dev}/${ino}`;
}

/** A start time counts from the machine's start: it names a process only together with that. */
function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
