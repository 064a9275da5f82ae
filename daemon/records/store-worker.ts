/**
 * The thread that owns the database: every command is one step, every commit one fsynced transaction. It is small on
 * purpose (no schemas, no digests), because each thread costs the daemon memory.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { spareMemoryOnceSettled } from '../spare-memory.ts';
import type { Commit, Row, StoreAnswer, StoreCommand, StoreFault, StoreWorkerOptions } from './store-messages.ts';

const layoutVersion = 1;
const rowsInPiece = 500;
/** SQLite's own code for a file that is not a database, for faults that we find ourselves. */
const notADatabase = 26;

const layout = `
  CREATE TABLE IF NOT EXISTS entries (
    origin TEXT NOT NULL, sequence INTEGER NOT NULL, previous TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (origin, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

interface OpenDatabase {
  readonly database: DatabaseSync;
  readonly insert: StatementSync;
  readonly replace: StatementSync;
  readonly setMeta: StatementSync;
}

class DamagedDatabase extends Error {
  readonly errcode = notADatabase;
}

function checkDatabase(database: DatabaseSync): void {
  const [check] = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {});
  if (check !== 'ok') throw new DamagedDatabase(String(check));
  const [version] = Object.values(database.prepare('PRAGMA user_version').get() ?? {});
  if (Number(version) > layoutVersion) throw new DamagedDatabase(`its layout is version ${version}, this program knows ${layoutVersion}`);
}

function openDatabase(file: string, storeId: string): OpenDatabase {
  const database = new DatabaseSync(file);
  try {
    // Only a new database takes it on.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL');
    // Exclusive: one process has it, so SQLite needs no shared memory file, which could not grow on a full disk.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    database.exec('PRAGMA cache_size = -1024; PRAGMA journal_size_limit = 4194304; PRAGMA temp_store = MEMORY');
    checkDatabase(database);
    database.exec(`BEGIN IMMEDIATE; ${layout} PRAGMA user_version = ${layoutVersion}`);
    database.prepare("INSERT OR IGNORE INTO meta (key, value) VALUES ('store', ?)").run(storeId);
    database.exec('COMMIT');
    return {
      database,
      insert: database.prepare('INSERT OR IGNORE INTO entries (origin, sequence, previous, body) VALUES (?, ?, ?, ?)'),
      replace: database.prepare('UPDATE entries SET body = ? WHERE origin = ? AND sequence = ?'),
      setMeta: database.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

function commitOnce({ database, insert, replace, setMeta }: OpenDatabase, { rows, tombstones, meta }: Commit): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const { origin, sequence, previous, body } of rows) insert.run(origin, sequence, previous, body);
    for (const { origin, sequence, body } of tombstones) replace.run(body, origin, sequence);
    for (const [key, value] of Object.entries(meta)) setMeta.run(key, value);
    database.exec('COMMIT');
    // Gives the room of what was collected back to the disk.
    if (tombstones.length > 0) database.exec('PRAGMA incremental_vacuum');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function metaOf({ database }: OpenDatabase): { readonly [key: string]: string } {
  return Object.fromEntries(
    database
      .prepare('SELECT key, value FROM meta')
      .all()
      .map(({ key, value }) => [String(key), String(value)]),
  );
}

function sendRows({ database }: OpenDatabase, answer: (answer: StoreAnswer) => void): void {
  let piece: Row[] = [];
  for (const row of database.prepare('SELECT origin, sequence, previous, body FROM entries ORDER BY origin, sequence').iterate()) {
    piece.push(row as unknown as Row);
    if (piece.length < rowsInPiece) continue;
    answer({ type: 'rows', rows: piece });
    piece = [];
  }
  answer({ type: 'rows', rows: piece });
}

function faultOf(error: unknown): StoreFault {
  const result = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return { result, message: error instanceof Error ? error.message : String(error) };
}

function serve({ file }: StoreWorkerOptions): void {
  const port = parentPort;
  if (port === null) throw new Error('the store worker runs in a thread only');
  const answer = (message: StoreAnswer): void => port.postMessage(message);
  let open: OpenDatabase | undefined;
  const opened = (): OpenDatabase => {
    if (open === undefined) throw new Error('the database is not open');
    return open;
  };
  const run = (command: StoreCommand): { readonly [key: string]: string } => {
    switch (command.type) {
      case 'open':
        open = openDatabase(file, command.storeId);
        return metaOf(open);
      case 'load':
        sendRows(opened(), answer);
        return metaOf(opened());
      case 'commit':
        commitOnce(opened(), command.commit);
        return {};
      case 'close':
        open?.database.close();
        open = undefined;
        return {};
      default:
        return command satisfies never;
    }
  };
  port.on('message', (command: StoreCommand) => {
    try {
      answer({ type: 'done', meta: run(command) });
    } catch (error) {
      answer({ type: 'failed', fault: faultOf(error) });
    }
    if (command.type === 'close') port.close();
  });
}

serve(workerData as StoreWorkerOptions);
spareMemoryOnceSettled();
