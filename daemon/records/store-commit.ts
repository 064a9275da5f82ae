/**
 * One transaction of the store's thread. What it rejects is surely not on the disk, or is said to be unsure: whoever is refused says something else
 * at the same place of his log, and two forms of one entry must never exist.
 */
import { hash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Commit, Row } from './store-messages.ts';

/** 64 bits are enough to notice a fault; nobody is to be deceived. */
export function sumOf({ origin, sequence, previous, body }: Row): string {
  return hash('sha256', `${origin}\n${sequence}\n${previous}\n${body}`).slice(0, 16);
}

/** As `sumOf`, of what the store knows besides entries. */
export function sumOfMeta(key: string, value: string): string {
  return hash('sha256', `${key}\n${value}`).slice(0, 16);
}

/** The transaction failed, and so did looking whether it is on the disk. The `cause` is SQLite's error. */
export class UnsureCommit extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
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
    setMeta: database.prepare('INSERT INTO meta (key, value, sum) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, sum = excluded.sum'),
    findSum: database.prepare('SELECT sum FROM entries WHERE origin = ? AND sequence = ?'),
    findMeta: database.prepare('SELECT value FROM meta WHERE key = ?'),
  };
}

/** Throws SQLite's error when nothing of it was written, `UnsureCommit` when nobody can tell. */
export function commitOnce(open: OpenDatabase, commit: Commit): void {
  const { database, insert, replace, setMeta } = open;
  const { rows, tombstones, meta } = commit;
  try {
    database.exec('BEGIN IMMEDIATE');
    for (const row of rows) insert.run(row.origin, row.sequence, row.previous, row.body, sumOf(row));
    for (const row of tombstones) replace.run(row.body, sumOf(row), row.origin, row.sequence);
    for (const [key, value] of Object.entries(meta)) setMeta.run(key, value, sumOfMeta(key, value));
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) ignoringFailure(() => database.exec('ROLLBACK'));
    // What is still open would be read as if it were done.
    const found = database.isTransaction ? undefined : isThere(open, commit);
    if (found === undefined) throw new UnsureCommit(error);
    if (!found) throw error;
  }
  // Gives the room of what was collected back to the disk: if not now, next time. The transaction stands either way.
  if (tombstones.length > 0) ignoringFailure(() => database.exec('PRAGMA incremental_vacuum'));
}

/** Whether all of a transaction that seemed to fail is in the database nevertheless; undefined when that cannot be read. */
function isThere({ findSum, findMeta }: OpenDatabase, { rows, tombstones, meta }: Commit): boolean | undefined {
  const replaced = new Set(tombstones.map(({ origin, sequence }) => `${origin}/${sequence}`));
  const left = rows.filter(({ origin, sequence }) => !replaced.has(`${origin}/${sequence}`));
  try {
    return (
      [...left, ...tombstones].every((row) => columnOf(findSum.get(row.origin, row.sequence)) === sumOf(row)) &&
      Object.entries(meta).every(([key, value]) => columnOf(findMeta.get(key)) === value)
    );
  } catch {
    return undefined;
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
