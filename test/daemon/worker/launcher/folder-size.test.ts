import { closeSync, linkSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderSize } from '../../../../daemon/worker/launcher/folder-size.ts';

const block = 2 ** 16;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'supervm-size-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const look = (): number => new FolderSize(folder).lookNow(10_000);

test('everything below counts, a file of several names once, and no link is followed', () => {
  const empty = look();
  writeFileSync(join(folder, 'one'), Buffer.alloc(block, 1));
  const single = look();
  expect(single - empty).toBeGreaterThanOrEqual(block);
  linkSync(join(folder, 'one'), join(folder, 'other-name'));
  symlinkSync('/usr', join(folder, 'link'));
  expect(look() - single).toBeLessThan(block);
  mkdirSync(join(folder, 'a/b'), { recursive: true });
  writeFileSync(join(folder, 'a/b/two'), Buffer.alloc(2 * block, 1));
  expect(look() - single).toBeGreaterThanOrEqual(2 * block);
});

test('looked at in portions it comes to the same, and rests between two looks', () => {
  for (let number = 0; number < 50; number += 1) writeFileSync(join(folder, `file-${number}`), Buffer.alloc(4096, 1));
  const size = new FolderSize(folder);
  const whole = look();
  while (size.look() < whole);
  expect(size.look()).toBe(whole);
});

test('what is not there takes nothing', () => {
  expect(new FolderSize(join(folder, 'gone')).lookNow(1_000)).toBe(0);
});

test('what was deleted there and is still open counts once, until nobody has it open', () => {
  const here = new FolderSize(folder, () => [process.pid, process.pid]);
  const empty = here.lookNow(10_000);
  const file = openSync(join(folder, 'hidden'), 'w');
  writeSync(file, Buffer.alloc(block, 1));
  const again = openSync(join(folder, 'hidden'), 'r');
  unlinkSync(join(folder, 'hidden'));
  const hidden = here.lookNow(10_000) - empty;
  expect(hidden).toBeGreaterThanOrEqual(block);
  expect(hidden).toBeLessThan(2 * block);
  closeSync(file);
  closeSync(again);
  expect(here.lookNow(10_000)).toBe(empty);
});
