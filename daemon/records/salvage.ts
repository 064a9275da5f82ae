/** What can be saved of a damaged database: of each log the beginning whose chain of digests holds. The rest comes back from the other machines. */
import { closeSync, copyFileSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Entry } from '../../src/model/facts.ts';
import { entryDigest, noPredecessor } from './entry-logs.ts';

/** Files that SQLite keeps beside a database. */
const companions = ['-wal', '-shm'];

/** Where the repaired database is being built; it counts for nothing. */
export function draftOf(file: string): string {
  return `${file}.repairing`;
}

export function dropDraft(file: string): void {
  for (const companion of ['', ...companions]) rmSync(draftOf(file) + companion, { force: true });
}

function wholeOf(file: string): string {
  return `${file}.repaired`;
}

/** The draft is whole and closed: from here on it is the database, whatever happens. Returns where the damaged one is now. */
export function takeDraft(file: string): string | undefined {
  sync(draftOf(file));
  renameSync(draftOf(file), wholeOf(file));
  sync(dirname(file));
  return finishRepair(file);
}

/**
 * Puts a whole repaired database, if there is one, in the place of the damaged one, and that beside it, never over anything.
 * Begun again after a crash it comes to the same end: the damaged one's log is never found beside the repaired one.
 */
export function finishRepair(file: string): string | undefined {
  if (!existsSync(wholeOf(file))) return undefined;
  const aside = existsSync(file) ? setAside(file) : undefined;
  renameSync(wholeOf(file), file);
  sync(dirname(file));
  return aside;
}

/** The damaged database gets a second name, what belongs to it only another one. */
function setAside(file: string): string {
  const { mtime, ino } = statSync(file);
  const day = mtime.toISOString().slice(0, 10);
  let aside = `${file}.damaged-${day}`;
  for (let number = 2; existsSync(aside) && statSync(aside).ino !== ino; number += 1) aside = `${file}.damaged-${day}-${number}`;
  if (!existsSync(aside)) linkOrCopy(file, aside);
  for (const companion of companions) if (existsSync(file + companion)) renameSync(file + companion, aside + companion);
  sync(dirname(file));
  return aside;
}

function linkOrCopy(file: string, copy: string): void {
  try {
    linkSync(file, copy);
  } catch {
    // A file system without second names.
    copyFileSync(file, copy);
  }
}

function sync(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Entries in any order, some of them nonsense; the result is in (origin, sequence) order. */
export function verifiedPrefixes(entries: readonly Entry[]): readonly Entry[] {
  const logs = new Map<string, Map<number, Entry>>();
  for (const entry of entries) {
    const log = logs.get(entry.origin) ?? new Map<number, Entry>();
    logs.set(entry.origin, log.set(entry.sequence, entry));
  }
  return [...logs].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, log]) => verifiedPrefix(log));
}

/** An entry is proven by its successor, which carries its digest; the last one by its own checksum, which the store has looked at. */
function verifiedPrefix(log: ReadonlyMap<number, Entry>): readonly Entry[] {
  const prefix: Entry[] = [];
  let previous = noPredecessor;
  for (let sequence = 1; ; sequence += 1) {
    const entry = log.get(sequence);
    if (entry === undefined || entry.previous !== previous) break;
    prefix.push(entry);
    previous = digestOrNothing(entry);
  }
  return prefix;
}

/** Of a body with something in it that no fact has there is no digest. */
function digestOrNothing(entry: Entry): string {
  try {
    return entryDigest(entry);
  } catch {
    return '';
  }
}
