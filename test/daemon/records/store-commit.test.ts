import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, test } from 'vitest';
import { commitOnce, type OpenDatabase, statementsOf, sumOf, UnsureCommit } from '../../../daemon/records/store-commit.ts';
import type { Row } from '../../../daemon/records/store-messages.ts';

const layout = `
  CREATE TABLE entries (origin TEXT NOT NULL, sequence INTEGER NOT NULL, previous TEXT NOT NULL, body TEXT NOT NULL, sum TEXT, PRIMARY KEY (origin, sequence)) STRICT, WITHOUT ROWID;
  CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, sum TEXT) STRICT, WITHOUT ROWID`;

const row = (sequence: number, body = `{"n":${sequence}}`): Row => ({ origin: 'a/1', sequence, previous: '', body });

describe('a transaction of the store', () => {
  let real: DatabaseSync;
  beforeEach(() => {
    real = new DatabaseSync(':memory:');
    real.exec(layout);
  });

  /** Fails at the statement, before it or after it has been done. */
  function failing(statement: string, when: 'before' | 'after'): OpenDatabase {
    const exec = (sql: string): void => {
      if (sql.includes(statement) && when === 'before') throw new Error('the disk failed');
      real.exec(sql);
      if (sql.includes(statement)) throw new Error('the disk failed');
    };
    const database = {
      exec,
      get isTransaction() {
        return real.isTransaction;
      },
    };
    return { ...statementsOf(real), database };
  }

  const sums = () =>
    real
      .prepare('SELECT sum FROM entries ORDER BY sequence')
      .all()
      .map(({ sum }) => sum);

  test('stands though the room of what was collected cannot be given back', () => {
    commitOnce(statementsOf(real), { rows: [row(1)], tombstones: [], meta: {} });
    expect(() => commitOnce(failing('incremental_vacuum', 'before'), { rows: [row(2)], tombstones: [row(1, '{}')], meta: {} })).not.toThrow();
    expect(sums()).toEqual([sumOf(row(1, '{}')), sumOf(row(2))]);
  });

  test('that was done is not reported as refused', () => {
    expect(() => commitOnce(failing('COMMIT', 'after'), { rows: [row(1)], tombstones: [], meta: { term: '1' } })).not.toThrow();
    expect(sums()).toEqual([sumOf(row(1))]);
  });

  test('that is refused leaves nothing, even when parts of it were there before', () => {
    commitOnce(statementsOf(real), { rows: [row(1)], tombstones: [], meta: {} });
    expect(() => commitOnce(failing('COMMIT', 'before'), { rows: [row(1), row(2)], tombstones: [], meta: {} })).toThrow('the disk failed');
    expect(() => commitOnce(failing('BEGIN', 'before'), { rows: [], tombstones: [], meta: { probe: '1' } })).toThrow('the disk failed');
    expect(sums()).toEqual([sumOf(row(1))]);
    expect(real.isTransaction).toBe(false);
  });

  test('of which nothing can be read back is in doubt, neither done nor refused', () => {
    const unreadable = {
      get: () => {
        throw new Error('nor can it be read');
      },
    } as unknown as OpenDatabase['findSum'];
    const entry = { ...failing('COMMIT', 'after'), findSum: unreadable };
    expect(() => commitOnce(entry, { rows: [row(1)], tombstones: [], meta: {} })).toThrow(UnsureCommit);
    const promise = { ...failing('COMMIT', 'after'), findMeta: unreadable };
    expect(() => commitOnce(promise, { rows: [], tombstones: [], meta: { seat: '{}' } })).toThrow(UnsureCommit);
  });

  test('that is still open because it cannot be rolled back is in doubt, though it reads as if it were done', () => {
    const stuck = failing('COMMIT', 'before');
    const database = {
      exec: (sql: string) => (sql === 'ROLLBACK' ? fail() : stuck.database.exec(sql)),
      get isTransaction() {
        return real.isTransaction;
      },
    };
    const fail = (): never => {
      throw new Error('the disk failed');
    };
    expect(() => commitOnce({ ...stuck, database }, { rows: [row(1)], tombstones: [], meta: {} })).toThrow(UnsureCommit);
  });
});
