import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { entryDigest, noPredecessor } from '../../../daemon/records/entry-logs.ts';
import { SqliteStore } from '../../../daemon/records/sqlite-store.ts';
import { systemClock, systemRandomness } from '../../../daemon/system-clock.ts';
import type { Entry } from '../../../src/model/facts.ts';
import { programFile } from '../../../src/settings/program-files.ts';

let folder = '';
let file = '';
const repairs: { readonly reason: string; readonly aside: string; readonly entries: number }[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervm-damage-'));
  file = join(folder, 'records.sqlite');
  repairs.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));

/** Entries with a true chain; bodies large enough to need many pages. */
function logOf(origin: string, length: number): Entry[] {
  const entries: Entry[] = [];
  let previous = noPredecessor;
  for (let sequence = 1; sequence <= length; sequence += 1) {
    const entry: Entry = { origin, sequence, previous, fact: { type: 'noise', text: `${origin} ${sequence} `.repeat(60) } };
    entries.push(entry);
    previous = entryDigest(entry);
  }
  return entries;
}

function storeAt(onDamage: 'repair' | 'alone' = 'repair', path = file): SqliteStore {
  const options = { file: path, workerFile: programFile('daemon/records/store-worker.ts'), onDamage };
  return new SqliteStore({ ...options, onRepaired: (repair) => repairs.push(repair) }, { randomness: systemRandomness(), clock: systemClock() });
}

/** Three logs of 60 entries, closed. Returns the store's id. */
async function fill(): Promise<string> {
  const store = storeAt();
  await store.start();
  for (const origin of ['a/1', 'b/2', 'c/3']) await store.append(logOf(origin, 60));
  await store.saveTerm({ number: 7, node: 'b' });
  const { storeId } = await store.load();
  await store.stop();
  return storeId;
}

async function reopen(onDamage: 'repair' | 'alone' = 'repair') {
  const store = storeAt(onDamage);
  try {
    await store.start();
    return await store.load();
  } finally {
    await store.stop();
  }
}

/** Turns one bit of the first place where `text` stands in the file. */
async function flipBitIn(text: string): Promise<void> {
  const bytes = await readFile(file);
  const place = bytes.indexOf(text);
  expect(place).toBeGreaterThan(0);
  bytes[place + 1] = (bytes[place + 1] as number) ^ 1;
  await writeFile(file, bytes);
}

/** Of each log the loaded entries are its beginning, unchanged. */
function expectPrefixes(entries: readonly Entry[]): { readonly [origin: string]: number } {
  const counts: Record<string, number> = {};
  for (const [origin, log] of Map.groupBy(entries, (entry) => entry.origin)) {
    expect(log).toEqual(logOf(origin, log.length));
    counts[origin] = log.length;
  }
  return counts;
}

describe('damaged records', () => {
  test('a changed bit inside a fact is found; the log is kept up to it, the others whole, under a new store id', async () => {
    const storeId = await fill();
    await flipBitIn('b/2 31 b/2 31');
    const loaded = await reopen();
    expect(expectPrefixes(loaded.entries)).toEqual({ 'a/1': 60, 'b/2': 30, 'c/3': 60 });
    expect(loaded.storeId).not.toBe(storeId);
    expect(loaded.highestTerm).toEqual({ number: 7, node: 'b' });
    expect(loaded.lostAt).toBeGreaterThan(0);
    expect((await reopen()).lostAt).toBe(loaded.lostAt);
    expect(repairs).toMatchObject([{ entries: 150, reason: expect.stringContaining('entry 31 of b/2') }]);
    expect(await readdir(folder)).toContain(repairs[0]?.aside.split('/').at(-1));
    expect(repairs[0]?.aside).toMatch(/records\.sqlite\.damaged-\d{4}-\d\d-\d\d$/);
  });

  test('a changed bit in what it promised as a voter is found; the promise is forgotten, and so is the store id that gave it', async () => {
    const storeId = await fill();
    const store = storeAt();
    await store.start();
    const voters = { number: 3, term: { number: 7, node: 'b' }, voters: [{ node: 'a', store: storeId }] };
    await store.saveSeat({ cluster: 'ours', granted: { number: 70, node: 'b' }, voters });
    await store.stop();
    // Read as it is, it would be a promise of term 60.
    await flipBitIn(':70,"node"');
    const loaded = await reopen();
    expect(loaded.storeId).not.toBe(storeId);
    expect(loaded).not.toHaveProperty('seat');
    expect(loaded.highestTerm).toEqual({ number: 7, node: 'b' });
    expect(expectPrefixes(loaded.entries)).toEqual({ 'a/1': 60, 'b/2': 60, 'c/3': 60 });
    expect(repairs).toMatchObject([{ reason: expect.stringContaining('"seat" has changed') }]);
    expect((await reopen()).storeId).toBe(loaded.storeId);
  });

  test('what was repaired is whole from then on, and is repaired again beside the first one if need be', async () => {
    await fill();
    await flipBitIn('b/2 31 b/2 31');
    const { storeId } = await reopen();
    expect((await reopen()).storeId).toBe(storeId);
    expect(repairs).toHaveLength(1);
    await flipBitIn('c/3 5 c/3 5');
    expect(expectPrefixes((await reopen()).entries)).toEqual({ 'a/1': 60, 'b/2': 30, 'c/3': 4 });
    expect(new Set(repairs.map(({ aside }) => aside)).size).toBe(2);
  });

  test.each([0.9, 0.5, 0.2])('a file cut off at %f of its length is repaired as far as it can be read', async (part) => {
    await fill();
    await truncate(file, Math.floor((await stat(file)).size * part));
    const { entries } = await reopen();
    expectPrefixes(entries);
    expect(repairs).toHaveLength(1);
  });

  test('a page of nonsense in the middle costs the log that was on it, not those on both sides of it', async () => {
    await fill();
    const bytes = await readFile(file);
    const page = Math.floor(bytes.indexOf('b/2 31 b/2 31') / 4096) * 4096;
    bytes.fill(0x5a, page, page + 4096);
    await writeFile(file, bytes);
    const counts = expectPrefixes((await reopen()).entries);
    expect(counts['a/1']).toBe(60);
    expect(counts['c/3']).toBe(60);
    expect(counts['b/2'] ?? 0).toBeLessThan(60);
  });

  test('a repair that was cut short is begun again; one that was whole is only put in its place', async () => {
    await fill();
    await flipBitIn('b/2 31 b/2 31');
    const damaged = await readFile(file);
    // A daemon died while it built the new database.
    await writeFile(`${file}.repairing`, 'half of a database');
    const { storeId } = await reopen();
    expect(repairs).toMatchObject([{ entries: 150 }]);
    const repaired = await readFile(file);
    // Another one died when it was whole, between any two steps: the damaged one still has its name, its log has another one.
    await writeFile(file, damaged);
    await writeFile(`${file}.repaired`, repaired);
    const loaded = await reopen();
    expect(loaded).toMatchObject({ storeId, highestTerm: { number: 7, node: 'b' } });
    expect(expectPrefixes(loaded.entries)).toEqual({ 'a/1': 60, 'b/2': 30, 'c/3': 60 });
    expect(repairs).toHaveLength(1);
    expect((await readdir(folder)).filter((name) => name.includes('repair'))).toEqual([]);
  });

  test('a repair that the disk refuses leaves the damaged records as they were', async () => {
    await fill();
    await flipBitIn('b/2 31 b/2 31');
    await mkdir(`${file}.repairing`);
    await expect(reopen()).rejects.toThrow();
    expect(repairs).toEqual([]);
    expect((await readdir(folder)).filter((name) => name.includes('damaged'))).toEqual([]);
    await rm(`${file}.repairing`, { recursive: true });
    expect(expectPrefixes((await reopen()).entries)).toEqual({ 'a/1': 60, 'b/2': 30, 'c/3': 60 });
  });

  test('a file of nonsense is set aside', async () => {
    await writeFile(file, 'nonsense '.repeat(10_000));
    expect((await reopen()).entries).toEqual([]);
    expect(repairs).toMatchObject([{ entries: 0 }]);
  });

  test('a log of writes that is cut off loses its end and nothing else', async () => {
    const store = storeAt();
    await store.start();
    for (let end = 10; end <= 60; end += 10) await store.append(logOf('a/1', 60).slice(end - 10, end));
    // As after kill -9: the log of writes has not been taken into the database.
    const copy = join(folder, 'copy.sqlite');
    await copyFile(file, copy);
    await copyFile(`${file}-wal`, `${copy}-wal`);
    await store.stop();
    const length = (await stat(`${copy}-wal`)).size;
    await truncate(`${copy}-wal`, length - 20_000);
    const again = storeAt('alone', copy);
    await again.start();
    const { entries } = await again.load();
    await again.stop();
    const kept = expectPrefixes(entries)['a/1'] ?? 0;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(60);
  });

  test('a machine that is alone is told what to do, and nothing is touched', async () => {
    await fill();
    await flipBitIn('b/2 31 b/2 31');
    await expect(reopen('alone')).rejects.toMatchObject({
      code: 'records-damaged',
      message: expect.stringContaining('entry 31 of b/2 has changed on the disk'),
      hint: expect.stringContaining('supervm up --accept-loss'),
    });
    expect(await readdir(folder)).toEqual(['records.sqlite']);
    expect(repairs).toEqual([]);
  });

  test('records of a newer version are no damage', async () => {
    await fill();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(reopen()).rejects.toMatchObject({ code: 'records-damaged', message: expect.stringContaining('newer version') });
    expect(repairs).toEqual([]);
  });

  /** As the first version wrote it: without checksums. */
  function fillFirstLayout(log: readonly Entry[]): void {
    const database = new DatabaseSync(file);
    database.exec(`
      CREATE TABLE entries (origin TEXT NOT NULL, sequence INTEGER NOT NULL, previous TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (origin, sequence)) STRICT, WITHOUT ROWID;
      CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      INSERT INTO meta VALUES ('store', '0123456789abcdef');
      PRAGMA user_version = 1;
      BEGIN`);
    const insert = database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?)');
    for (const { origin, sequence, previous, fact } of log) insert.run(origin, sequence, previous, JSON.stringify(fact));
    database.exec('COMMIT');
    database.close();
  }

  test('what a store of the second version knew besides entries gets checksums, too', async () => {
    const storeId = await fill();
    const database = new DatabaseSync(file);
    database.exec('ALTER TABLE meta DROP COLUMN sum; PRAGMA user_version = 2');
    database.close();
    expect(await reopen()).toMatchObject({ storeId, highestTerm: { number: 7, node: 'b' } });
    expect(repairs).toEqual([]);
    await flipBitIn('"number":7,"node":"b"');
    expect((await reopen()).storeId).not.toBe(storeId);
  });

  test('records of the version without checksums get them', async () => {
    fillFirstLayout(logOf('a/1', 40));
    const loaded = await reopen();
    expect(loaded.storeId).toBe('0123456789abcdef');
    expect(expectPrefixes(loaded.entries)).toEqual({ 'a/1': 40 });
    await flipBitIn('a/1 12 a/1 12');
    expect(expectPrefixes((await reopen()).entries)).toEqual({ 'a/1': 11 });
  });

  test('so do more of them than fit into the memory of the thread that has the database', async () => {
    const text = 'x'.repeat(1_000_000);
    fillFirstLayout(Array.from({ length: 80 }, (_, index) => ({ origin: 'a/1', sequence: index + 1, previous: '', fact: { type: 'noise', text } })));
    const store = storeAt();
    await store.start();
    await store.stop();
    const database = new DatabaseSync(file);
    expect(database.prepare('SELECT count(*) AS left FROM entries WHERE sum IS NULL').get()).toEqual({ left: 0 });
    database.close();
  });
});
