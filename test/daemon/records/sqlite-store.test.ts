import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SqliteStore } from '../../../daemon/records/sqlite-store.ts';
import { systemClock, systemRandomness } from '../../../daemon/system-clock.ts';
import { programFile } from '../../../src/settings/program-files.ts';
import { entry, factStoreSuite } from '../../conformance/fact-store-suite.ts';

const workerFile = programFile('daemon/records/store-worker.ts');

function storeIn(folder: string): SqliteStore {
  return new SqliteStore({ file: join(folder, 'records.sqlite'), workerFile }, { randomness: systemRandomness(), clock: systemClock() });
}

const newFolder = () => mkdtemp(join(tmpdir(), 'supervm-records-'));

factStoreSuite('in sqlite', async () => {
  const folder = await newFolder();
  return { create: () => storeIn(folder), wait: (promise) => promise, close: () => rm(folder, { recursive: true }) };
});

describe('the sqlite store', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await newFolder();
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('names the file and the next step when it is no database', async () => {
    await writeFile(join(folder, 'records.sqlite'), 'this is not a database, though it is long enough to be looked at'.repeat(100));
    await expect(storeIn(folder).start()).rejects.toMatchObject({
      code: 'records-damaged',
      message: expect.stringContaining(join(folder, 'records.sqlite')),
      hint: expect.stringContaining('--accept-loss'),
    });
  });

  test('notices an entry that is missing from the middle of a log', async () => {
    const store = storeIn(folder);
    await store.start();
    await store.append([entry(1), entry(2), entry(3)]);
    await store.stop();
    const database = new DatabaseSync(join(folder, 'records.sqlite'));
    database.exec('DELETE FROM entries WHERE sequence = 2');
    database.close();
    const again = storeIn(folder);
    await again.start();
    await expect(again.load()).rejects.toMatchObject({ code: 'records-damaged', message: expect.stringContaining('entry 2 of n1/s1') });
    await again.stop();
  });

  test('remembers that it was found behind what others know of it', async () => {
    const store = storeIn(folder);
    await store.start();
    expect(await store.load()).not.toHaveProperty('lostAt');
    const before = Date.now();
    await store.renew();
    await store.stop();
    const again = storeIn(folder);
    await again.start();
    expect(((await again.load()).lostAt ?? 0) - before).toBeGreaterThanOrEqual(0);
    await again.stop();
  });

  test('takes a new database beside bytes of jobs for a loss, and one without facts yet for none', async () => {
    const options = { file: join(folder, 'records.sqlite'), workerFile };
    const needs = { randomness: systemRandomness(), clock: systemClock() };
    const lostAt = async (hasBytes: boolean): Promise<number | undefined> => {
      const store = new SqliteStore({ ...options, hasBytes: () => hasBytes }, needs);
      await store.start();
      const loaded = await store.load();
      await store.stop();
      return loaded.lostAt;
    };
    expect(await lostAt(false)).toBeUndefined();
    // A submission was given up: bytes and no fact.
    expect(await lostAt(true)).toBeUndefined();
    await rm(options.file);
    const noticed = await lostAt(true);
    expect(noticed).toBeGreaterThan(0);
    expect(await lostAt(true)).toBe(noticed);
    expect(await lostAt(false)).toBe(noticed);
  });

  test('refuses a database that another store has open', async () => {
    const first = storeIn(folder);
    await first.start();
    await expect(storeIn(folder).start()).rejects.toMatchObject({ code: 'daemon-exists' });
    await first.stop();
  });

  test('refuses a layout of a newer version', async () => {
    const database = new DatabaseSync(join(folder, 'records.sqlite'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(storeIn(folder).start()).rejects.toMatchObject({ code: 'records-damaged', message: expect.stringContaining('version 99') });
  });

  test('says so when asked after it stopped', async () => {
    const store = storeIn(folder);
    await store.start();
    await store.stop();
    await expect(store.append([entry(1)])).rejects.toMatchObject({ code: 'internal' });
  });
});
