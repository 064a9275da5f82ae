/**
 * The thread that owns the database: every command is one step, every commit one fsynced transaction. It is small on
 * purpose (no schemas, no digests of facts), because each thread costs the daemon memory. SQLite notices no changed bit inside a
 * value, so each row has a checksum.
 */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { spareMemoryOnceSettled } from '../spare-memory.ts';
import { newerLayout } from './layout-fault.ts';
import { commitOnce, type OpenDatabase, statementsOf, sumOf, sumOfMeta, UnsureCommit } from './store-commit.ts';
import type { Row, StoreAnswer, StoreCommand, StoreFault, StoreWorkerOptions } from './store-messages.ts';

const layoutVersion = 3;
const rowsInPiece = 500;
const rowsInUpgrade = 8;
/** SQLite's own code for a file that is not a database, for faults that we find ourselves. */
const notADatabase = 26;

const layout = `
  CREATE TABLE IF NOT EXISTS entries (
    origin TEXT NOT NULL, sequence INTEGER NOT NULL, previous TEXT NOT NULL, body TEXT NOT NULL, sum TEXT,
    PRIMARY KEY (origin, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, sum TEXT) STRICT, WITHOUT ROWID;
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

/** Before version 3 only entries had checksums: what is there is taken to be right. */
function addMetaChecksums(database: DatabaseSync): void {
  database.exec('ALTER TABLE meta ADD COLUMN sum TEXT');
  const set = database.prepare('UPDATE meta SET sum = ? WHERE key = ?');
  for (const [key, value] of Object.entries(metaOf(database))) set.run(sumOfMeta(key, value), key);
}

/** Nor had those in version 1. */
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

function openDatabase(file: string, { storeId, lost }: Extract<StoreCommand, { type: 'open' }>): OpenStore {
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
    if (version === 1 || version === 2) addMetaChecksums(database);
    const note = (key: string, value: string): void => {
      database.prepare('INSERT OR IGNORE INTO meta (key, value, sum) VALUES (?, ?, ?)').run(key, value, sumOfMeta(key, value));
    };
    note('store', storeId);
    // In one step with the making: a database that is there already is none that was lost.
    if (version === 0 && lost !== undefined) note('lost', lost);
    database.exec('COMMIT');
    return { ...statementsOf(database), database };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** `changed` is called with each key of which a bit has changed on the disk; that is left out. */
function metaOf(database: DatabaseSync, changed: (key: string) => void = () => undefined): { readonly [key: string]: string } {
  const meta: { [key: string]: string } = {};
  // Of an older layout without checksums all is taken.
  for (const { key, value, sum } of database.prepare('SELECT * FROM meta').all()) {
    const [name, text] = [String(key), String(value)];
    if (typeof sum === 'string' && sum !== sumOfMeta(name, text)) changed(name);
    else meta[name] = text;
  }
  return meta;
}

/** Throws when something of it has changed: a promise half remembered is worse than none. */
function wholeMetaOf(database: DatabaseSync): { readonly [key: string]: string } {
  return metaOf(database, (key) => {
    throw new DatabaseFault(notADatabase, `what it remembers of "${key}" has changed on the disk`);
  });
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
  const isUnsure = error instanceof UnsureCommit;
  const first = isUnsure ? error.cause : error;
  const result = first instanceof Error && 'errcode' in first ? Number(first.errcode) : 0;
  return { result, message: first instanceof Error ? first.message : String(first), ...(isUnsure ? { unsure: true } : {}) };
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
        open = openDatabase(file, command);
        return wholeMetaOf(open.database);
      case 'load':
        sendRows(opened().database, `${allRows}, sequence`, answer);
        return wholeMetaOf(opened().database);
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
