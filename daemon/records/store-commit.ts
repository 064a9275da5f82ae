/**
 * One transaction of the store's thread. What it rejects is surely not on the disk: whoever is refused says something else
 * at the same place of his log, and two forms of one entry must never exist.
 */
import { hash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Commit, Row } from './store-messages.ts';

/** 64 bits are enough to notice a fault; nobody is to be deceived. */
export function sumOf({ origin, sequence, previous, body }: Row): string {
  return hash('sha256', `${origin}\n${sequence}\n${previous}\n${body}`).slice(0, 16);
}

export interface OpenDatabase {
  readonly database: Pick<DatabaseSync, 'exec' | 'isTransaction'>;
  readonly insert: StatementSync;
  readonly replace: StatementSync;
  readonly setMeta: StatementSync;
  readonly findSum: StatementSync;
  readonly findMeta: StatementSync;
}

export function statementsOf(database: DatabaseSync): OpenDatabase {
  return {
    database,
    insert: database.prepare('INSERT OR IGNORE INTO entries (origin, sequence, previous, body, sum) VALUES (?, ?, ?, ?, ?)'),
    replace: database.prepare('UPDATE entries SET body = ?, sum = ? WHERE origin = ? AND sequence = ?'),
    setMeta: database.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'),
    findSum: database.prepare('SELECT sum FROM entries WHERE origin = ? AND sequence = ?'),
    findMeta: database.prepare('SELECT value FROM meta WHERE key = ?'),
  };
}

/** Throws SQLite's error when nothing of it was written. */
export function commitOnce(open: OpenDatabase, commit: Commit): void {
  const { database, insert, replace, setMeta } = open;
  const { rows, tombstones, meta } = commit;
  try {
    database.exec('BEGIN IMMEDIATE');
    for (const row of rows) insert.run(row.origin, row.sequence, row.previous, row.body, sumOf(row));
    for (const row of tombstones) replace.run(row.body, sumOf(row), row.origin, row.sequence);
    for (const [key, value] of Object.entries(meta)) setMeta.run(key, value);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    if (!isThere(open, commit)) throw error;
  }
  // Gives the room of what was collected back to the disk: if not now, next time. The transaction stands either way.
  if (tombstones.length > 0) ignoringFailure(() => database.exec('PRAGMA incremental_vacuum'));
}

/** Whether all of a transaction that seemed to fail is in the database nevertheless. */
function isThere({ findSum, findMeta }: OpenDatabase, { rows, tombstones, meta }: Commit): boolean {
  const replaced = new Set(tombstones.map(({ origin, sequence }) => `${origin}/${sequence}`));
  const left = rows.filter(({ origin, sequence }) => !replaced.has(`${origin}/${sequence}`));
  try {
    return (
      [...left, ...tombstones].every((row) => columnOf(findSum.get(row.origin, row.sequence)) === sumOf(row)) &&
      Object.entries(meta).every(([key, value]) => columnOf(findMeta.get(key)) === value)
    );
  } catch {
    return false;
  }
}

function columnOf(found: ReturnType<StatementSync['get']>): unknown {
  return Object.values(found ?? {})[0];
}

function ignoringFailure(work: () => void): void {
  try {
    work();
  } catch {
    // As said where it is called.
  }
}
