import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SqliteStore } from '../../daemon/records/sqlite-store.ts';
import { systemClock, systemRandomness } from '../../daemon/system-clock.ts';
import { programFile } from '../../src/settings/program-files.ts';
import { entry } from '../conformance/fact-store-suite.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'supervm-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]);
});

afterEach(() => {
  execFileSync('umount', ['--lazy', folder]);
  rmdirSync(folder);
});

const open = () =>
  new SqliteStore(
    { file: join(folder, 'records.sqlite'), workerFile: programFile('daemon/records/store-worker.ts') },
    { randomness: systemRandomness(), clock: systemClock() },
  );

function fillDisk(): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(join(folder, 'ballast'), Buffer.alloc(Number(bavail) * Number(bsize)));
}

const big = (sequence: number) => entry(sequence, 'n1/s1', { type: 'noise', text: 'x'.repeat(10_000) });

test('a full disk refuses records without losing any, and takes them again once there is room', async () => {
  const store = open();
  await store.start();
  await store.append([big(1)]);
  fillDisk();
  await expect(store.append([big(2), big(3), big(4), big(5)])).rejects.toMatchObject({ code: 'disk-full', message: expect.stringContaining(folder) });
  await expect(store.append([big(2), big(3), big(4), big(5)])).rejects.toMatchObject({ code: 'disk-full' });
  unlinkSync(join(folder, 'ballast'));
  await store.append([big(2)]);
  await store.stop();
  const again = open();
  await again.start();
  expect((await again.load()).entries).toEqual([big(1), big(2)]);
  await again.stop();
});

test('a disk that is full from the start says so', async () => {
  fillDisk();
  await expect(open().start()).rejects.toMatchObject({ code: 'disk-full' });
  unlinkSync(join(folder, 'ballast'));
});
