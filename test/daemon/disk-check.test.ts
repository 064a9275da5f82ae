/** The program that looks at disks, as doctor starts it. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { homePlaces, startDiskCheck } from '../../src/cli/doctor/readers/disk-words.ts';
import { pathsOf } from '../../src/settings/paths.ts';

const limitMs = 15_000;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const paths = () => pathsOf({ home: folder, stateHome: undefined, configHome: undefined, userFolder: folder, userId: 1 });

test('tells of a home folder what is there, who may read it, and how long a write takes; and leaves nothing', async () => {
  writeFileSync(join(folder, 'node.key'), '');
  chmodSync(join(folder, 'node.key'), 0o640);
  writeFileSync(join(folder, 'daemon.pid'), '4711\n');
  mkdirSync(join(folder, 'doctor-999999999-abc'));
  const disk = startDiskCheck(['home', JSON.stringify(homePlaces(paths()))], limitMs);
  expect((await disk.word('home'))?.look).toEqual({
    exists: true,
    lockInode: undefined,
    pid: 4711,
    records: false,
    left: [join(folder, 'daemon.pid'), join(folder, 'doctor-999999999-abc')],
  });
  expect((await disk.word('folders'))?.folders).toContainEqual({
    path: join(folder, 'node.key'),
    found: { kind: 'file', userId: process.getuid?.(), mode: 0o640 },
  });
  expect((await disk.word('disk'))?.disk.freeBytes).toBeGreaterThan(0);
  expect((await disk.word('log'))?.tail).toBeUndefined();
  expect((await disk.word('write'))?.write.tookMs).toBeGreaterThanOrEqual(0);
  expect(readdirSync(folder).toSorted()).toEqual(['daemon.pid', 'doctor-999999999-abc', 'node.key']);
});

test('tells a whole database from a damaged one', async () => {
  const [whole, damaged] = [join(folder, 'whole.db'), join(folder, 'damaged.db')];
  const database = new DatabaseSync(whole);
  database.exec('CREATE TABLE facts (text)');
  database.close();
  writeFileSync(damaged, 'x'.repeat(8192));
  const faults = async (file: string) => (await startDiskCheck(['records', file], limitMs).word('records'))?.faults;
  expect(await faults(whole)).toEqual([]);
  expect(await faults(damaged)).toEqual([expect.stringContaining('not a database')]);
});

test('what it never tells is not waited for', async () => {
  const disk = startDiskCheck(['blobs', folder], limitMs);
  expect(await disk.word('blobs')).toEqual({ type: 'blobs', files: 0, bytes: 0, complete: true });
  expect(await disk.word('records')).toBeUndefined();
});
