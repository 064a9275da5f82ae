import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BlobFolder } from '../../../daemon/blobs/blob-folder.ts';
import { writeBelow } from '../../../daemon/submitter/write-below.ts';

let home: string;
let out: string;
let blobs: BlobFolder;
const digest = createHash('sha256').update('frame').digest('hex');

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'svm-below-'));
  out = join(home, 'out');
  blobs = new BlobFolder({ folder: join(home, 'blobs') });
  await blobs.start();
  writeFileSync(join(home, 'frame'), 'frame');
  await blobs.putFile(join(home, 'frame'));
  mkdirSync(join(home, 'precious'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const write = (path: string): Promise<void> => writeBelow(blobs, digest, out, path);

test('folders that are missing are made as folders of the user’s usually are', async () => {
  await write('a/b/frame.png');
  expect(readFileSync(join(out, 'a/b/frame.png'), 'utf8')).toBe('frame');
  for (const folder of ['', 'a', 'a/b']) expect(statSync(join(out, folder)).mode & 0o777).toBe(0o755);
});

test('nothing is written through a folder that is a link, and it is named', async () => {
  mkdirSync(join(out, 'a'), { recursive: true });
  symlinkSync(join(home, 'precious'), join(out, 'a/b'));
  await expect(write('a/b/c/frame.png')).rejects.toMatchObject({
    code: 'output-unwritable',
    message: expect.stringContaining(`${join(out, 'a/b')} is a link`),
  });
  expect(readdirSync(join(home, 'precious'))).toEqual([]);
});

test('a link in the place of a file is replaced, and what it leads to stays as it is', async () => {
  mkdirSync(out);
  writeFileSync(join(home, 'precious/file'), 'mine');
  symlinkSync(join(home, 'precious/file'), join(out, 'frame.png'));
  symlinkSync(join(home, 'precious/new'), join(out, 'other.png'));
  await write('frame.png');
  await write('other.png');
  expect(readFileSync(join(home, 'precious/file'), 'utf8')).toBe('mine');
  expect(existsSync(join(home, 'precious/new'))).toBe(false);
  expect(readFileSync(join(out, 'frame.png'), 'utf8')).toBe('frame');
});

test('the folder itself may be a link: it is the user’s choice', async () => {
  symlinkSync(join(home, 'precious'), out);
  await write('frame.png');
  expect(readdirSync(join(home, 'precious'))).toEqual(['frame.png']);
});

test('what goes wrong is told with the file’s own name', async () => {
  await expect(writeBelow(blobs, '0'.repeat(64), out, 'frame.png')).rejects.toMatchObject({ code: 'file-missing' });
  mkdirSync(join(out, 'frame.png'), { recursive: true });
  await expect(write('frame.png')).rejects.toMatchObject({ message: expect.stringContaining(join(out, 'frame.png')) });
});
