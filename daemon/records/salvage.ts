/** What can be saved of a damaged database: of each log the beginning whose chain of digests holds. The rest comes back from the other machines. */
import { existsSync, renameSync, statSync } from 'node:fs';
import type { Entry } from '../../src/model/facts.ts';
import { entryDigest, noPredecessor } from './entry-logs.ts';

/** Files that SQLite keeps beside a database. */
const companions = ['', '-wal', '-shm'];

/** Renames the database and what belongs to it, never over anything; returns its new path. */
export function setAside(file: string): string {
  const day = statSync(file).mtime.toISOString().slice(0, 10);
  let aside = `${file}.damaged-${day}`;
  for (let number = 2; existsSync(aside); number += 1) aside = `${file}.damaged-${day}-${number}`;
  for (const companion of companions) if (existsSync(file + companion)) renameSync(file + companion, aside + companion);
  return aside;
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
