/**
 * The thread that owns the database: every command is one step, every commit one fsynced transaction. It is small on
 * purpose (no schemas, no digests of facts), because each thread costs the daemon memory. SQLite notices no changed bit inside a
 * value, so each row has a checksum.
 */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { spareMemoryOnceSettled } from '../spare-memory.ts';
import { newerLayout } from './layout-fault.ts';
import { commitOnce, type OpenDatabase, statementsOf, sumOf } from './store-commit.ts';
import type { Row, StoreAnswer, StoreCommand, StoreFault, StoreWorkerOptions } from './store-messages.ts';

const layoutVersion = 2;
const rowsInPiece = 500;
const rowsInUpgrade = 8;
/** SQLite's own code for a file that is not a database, for faults that we find ourselves. */
const notADatabase = 26;

const layout = `
  CREATE TABLE IF NOT EXISTS entries (
    origin TEXT NOT NULL, sequence INTEGER NOT NULL, previous TEXT NOT NULL, body TEXT NOT NULL, sum TEXT,
    PRIMARY KEY (origin, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

interface OpenStore extends OpenDatabase {
  readonly database: DatabaseSync;
}

class DatabaseFault extends Error {
  readonly errcode: number;
  constructor(errcode: number, message: string) {
    super(message);
    this.errcode = errcode;
  }
}

function checkDatabase(database: DatabaseSync): void {
  const [check] = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {});
  if (check !== 'ok') throw new DatabaseFault(notADatabase, String(check));
}

/** 0: there is nothing yet. */
function layoutOf(database: DatabaseSync): number {
  const [version] = Object.values(database.prepare('PRAGMA user_version').get() ?? {});
  if (Number(version) > layoutVersion) throw new DatabaseFault(newerLayout, `its layout is version ${version}, this program knows ${layoutVersion}`);
  return Number(version);
}

/** Version 1 had no checksums: what is there is taken to be right. */
function addChecksums(database: DatabaseSync): void {
  database.exec('ALTER TABLE entries ADD COLUMN sum TEXT');
  const set = database.prepare('UPDATE entries SET sum = ? WHERE origin = ? AND sequence = ?');
  const next = database.prepare(`
    SELECT origin, sequence, previous, body FROM entries
    WHERE (origin, sequence) > (?, ?) ORDER BY origin, sequence LIMIT ${rowsInUpgrade}`);
  for (let last: Pick<Row, 'origin' | 'sequence'> | undefined = { origin: '', sequence: 0 }; last !== undefined; ) {
    // A walk through the table may not change it: a few at a time, for this thread has little memory and a body may be large.
    const piece = next.all(last.origin, last.sequence) as unknown as Row[];
    for (const row of piece) set.run(sumOf(row), row.origin, row.sequence);
    last = piece.at(-1);
  }
}

function openDatabase(file: string, storeId: string): OpenStore {
  const database = new DatabaseSync(file);
  try {
    // Only a new database takes it on.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL');
    // Exclusive: one process has it, so SQLite needs no shared memory file, which could not grow on a full disk.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    database.exec('PRAGMA cache_size = -1024; PRAGMA journal_size_limit = 4194304; PRAGMA temp_store = MEMORY');
    const version = layoutOf(database);
    checkDatabase(database);
    database.exec(`BEGIN IMMEDIATE; ${layout} PRAGMA user_version = ${layoutVersion}`);
    if (version === 1) addChecksums(database);
    database.prepare("INSERT OR IGNORE INTO meta (key, value) VALUES ('store', ?)").run(storeId);
    database.exec('COMMIT');
    return { ...statementsOf(database), database };
  } catch (error) {
    database.close();
    throw error;
  }
}

function metaOf(database: DatabaseSync): { readonly [key: string]: string } {
  return Object.fromEntries(
    database
      .prepare('SELECT key, value FROM meta')
      .all()
      .map(({ key, value }) => [String(key), String(value)]),
  );
}

type Answer = (answer: StoreAnswer) => void;

function sendRows(database: DatabaseSync, query: string, answer: Answer): void {
  let piece: Row[] = [];
  const send = (): void => {
    answer({ type: 'rows', rows: piece });
    piece = [];
  };
  try {
    for (const found of database.prepare(query).iterate()) {
      const { sum, ...row } = found as unknown as Row & { readonly sum: string | null };
      piece.push(sum === null || sum === sumOf(row) ? row : { ...row, bad: true });
      if (piece.length >= rowsInPiece) send();
    }
  } finally {
    send();
  }
}

const allRows = 'SELECT origin, sequence, previous, body, sum FROM entries ORDER BY origin';

/** A damaged page ends a walk through the table: what lies behind it is reached from the other end. */
function salvage(file: string, answer: Answer): { readonly [key: string]: string } {
  let meta: { readonly [key: string]: string } = {};
  const attempt = (work: (database: DatabaseSync) => void): void => {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(file, { readOnly: true });
      work(database);
    } catch {
      // As far as it went.
    } finally {
      database?.close();
    }
  };
  attempt((database) => {
    meta = metaOf(database);
  });
  attempt((database) => sendRows(database, `${allRows}, sequence`, answer));
  attempt((database) => sendRows(database, `${allRows} DESC, sequence DESC`, answer));
  return meta;
}

function faultOf(error: unknown): StoreFault {
  const result = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return { result, message: error instanceof Error ? error.message : String(error) };
}

function serve({ file }: StoreWorkerOptions): void {
  const port = parentPort;
  if (port === null) throw new Error('the store worker runs in a thread only');
  const answer = (message: StoreAnswer): void => port.postMessage(message);
  let open: OpenStore | undefined;
  const opened = (): OpenStore => {
    if (open === undefined) throw new Error('the database is not open');
    return open;
  };
  const run = (command: StoreCommand): { readonly [key: string]: string } => {
    switch (command.type) {
      case 'open':
        open = openDatabase(file, command.storeId);
        return metaOf(open.database);
      case 'load':
        sendRows(opened().database, `${allRows}, sequence`, answer);
        return metaOf(opened().database);
      case 'salvage':
        return salvage(file, answer);
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
