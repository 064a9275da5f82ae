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

test('files that are there are there, for this daemon or the next', async () => {
  const parts = await start();
  expect(await offeredBytes(parts).look([output])).toBe('there');
  expect(await offeredBytes(parts).look([])).toBe('there');
});

test.each([
  ['gone', () => rm(pathOf(output))],
  ['damaged', () => writeFile(pathOf(output), 'pictures')],
  ['gone with all others', () => rm(folder, { recursive: true })],
])('a file that is %s is missing', async (_, harm) => {
  const parts = await start();
  await harm();
  expect(await offeredBytes(parts).look([output])).toBe('missing');
});

test.each([
  ['gone', () => rm(pathOf(output))],
  ['damaged', () => writeFile(pathOf(output), 'pictures')],
])('a file that is %s is not missing while another machine has it: it is here again', async (_, harm) => {
  const other = new MemoryBlobDisk();
  const parts = await start();
  await new BlobTransfer({}, { messenger: messengers.join('there'), clock, disk: other }).put(bytes);
  await harm();
  expect(await offeredBytes(parts).look([output])).toBe('there');
  expect(Buffer.from((await parts.disk.read(output.digest, 0, 100)) ?? [])).toEqual(bytes);
});

test('what a disk cannot say now is not missing', async () => {
  const { blobs } = await start();
  const disk = { read: async () => Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' })) };
  expect(await offeredBytes({ blobs, disk }).look([output])).toBe('there');
});

const unreadable = { read: async () => Promise.reject(Object.assign(new Error('i/o error, read'), { code: 'EIO' })) };

test('what cannot be read here is missing only when no other machine has it', async () => {
  const { blobs } = await start();
  expect(await offeredBytes({ blobs, disk: unreadable }).look([output])).toBe('missing');
  await new BlobTransfer({}, { messenger: messengers.join('there'), clock, disk: new MemoryBlobDisk() }).put(bytes);
  expect(await offeredBytes({ blobs, disk: unreadable }).look([output])).toBe('there');
});

test('a file that could not be read is fetched when its name is gone too', async () => {
  const { blobs, disk } = await start();
  await new BlobTransfer({}, { messenger: messengers.join('there'), clock, disk: new MemoryBlobDisk() }).put(bytes);
  await rm(pathOf(output));
  let reads = 0;
  const once = { read: (...asked: Parameters<BlobFolder['read']>) => (reads++ === 0 ? unreadable.read() : disk.read(...asked)) };
  expect(await offeredBytes({ blobs, disk: once }).look([output])).toBe('there');
  expect(Buffer.from((await disk.read(output.digest, 0, 100)) ?? [])).toEqual(bytes);
});
