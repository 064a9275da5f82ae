/** Results on a real disk that lost something of them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BlobFolder } from '../../../daemon/blobs/blob-folder.ts';
import { BlobTransfer } from '../../../daemon/blobs/blob-transfer.ts';
import { MemoryBlobDisk } from '../../../daemon/blobs/memory-blob-disk.ts';
import { systemClock } from '../../../daemon/system-clock.ts';
import { offeredBytes } from '../../../daemon/worker/offered-bytes.ts';
import type { OutputFile } from '../../../src/model/job.ts';
import { LinkedMessengers } from '../blobs/linked-messengers.ts';

const clock = systemClock();
const bytes = Buffer.from('picture');
let folder: string;
let messengers: LinkedMessengers;
let output: OutputFile;

const start = async (): Promise<{ readonly disk: BlobFolder; readonly blobs: BlobTransfer }> => {
  const disk = new BlobFolder({ folder });
  await disk.start();
  return { disk, blobs: new BlobTransfer({}, { messenger: messengers.join('here'), clock, disk }) };
};
const pathOf = ({ digest }: OutputFile): string => join(folder, digest.slice(0, 2), digest.slice(2));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervm-offered-'));
  messengers = new LinkedMessengers();
  output = { path: '1.png', ...(await (await start()).blobs.put(bytes)) };
  messengers = new LinkedMessengers();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('files that are there are not lost, for this daemon or the next', async () => {
  const parts = await start();
  expect(await offeredBytes(parts).areLost([output])).toBe(false);
  expect(await offeredBytes(parts).areLost([])).toBe(false);
});

test.each([
  ['gone', () => rm(pathOf(output))],
  ['damaged', () => writeFile(pathOf(output), 'pictures')],
  ['gone with all others', () => rm(folder, { recursive: true })],
])('a file that is %s is lost', async (_, harm) => {
  const parts = await start();
  await harm();
  expect(await offeredBytes(parts).areLost([output])).toBe(true);
});

test.each([
  ['gone', () => rm(pathOf(output))],
  ['damaged', () => writeFile(pathOf(output), 'pictures')],
])('a file that is %s is not lost while another machine has it: it is here again', async (_, harm) => {
  const other = new MemoryBlobDisk();
  const parts = await start();
  await new BlobTransfer({}, { messenger: messengers.join('there'), clock, disk: other }).put(bytes);
  await harm();
  expect(await offeredBytes(parts).areLost([output])).toBe(false);
  expect(Buffer.from((await parts.disk.read(output.digest, 0, 100)) ?? [])).toEqual(bytes);
});

test('what a disk cannot say now is not lost', async () => {
  const { blobs } = await start();
  const disk = { read: async () => Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' })) };
  expect(await offeredBytes({ blobs, disk }).areLost([output])).toBe(false);
});
