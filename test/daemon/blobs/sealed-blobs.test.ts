import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BlobFolder } from '../../../daemon/blobs/blob-folder.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';

const kibibyte = 1024;
const chunk = 64 * kibibyte;
const head = 24;
const sealedChunk = chunk + 16;
const randomness = seededRandomness(1);
const seal = { key: Buffer.alloc(32, 1), writes: true, randomness };

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'svm-sealed-'));
  folder = join(root, 'blobs');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** No two chunks alike, and words to look for. */
function bytesOf(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 16) bytes.write(`plain ${at.toString(36).padStart(9, '.')}`, at, 'latin1');
  return bytes;
}

async function started(options: { readonly seal?: typeof seal | undefined } = { seal }): Promise<BlobFolder> {
  const blobs = new BlobFolder({ folder, ...options });
  await blobs.start();
  return blobs;
}

async function put(blobs: BlobFolder, bytes: Buffer): Promise<string> {
  const source = join(root, 'source');
  await writeFile(source, bytes);
  const { digest, size } = await blobs.putFile(source);
  expect({ digest, size }).toEqual({ digest: createHash('sha256').update(bytes).digest('hex'), size: bytes.length });
  return digest;
}

async function filesOf(digest: string): Promise<readonly string[]> {
  const shelf = join(folder, digest.slice(0, 2));
  const names = await readdir(shelf).catch(() => []);
  return names.filter((name) => name.startsWith(digest.slice(2))).map((name) => join(shelf, name));
}

async function onlyFile(digest: string): Promise<string> {
  const [file, ...rest] = await filesOf(digest);
  expect(rest).toEqual([]);
  return file as string;
}

async function listed(blobs: BlobFolder): Promise<readonly string[]> {
  const digests: string[] = [];
  for await (const digest of blobs.list()) digests.push(digest);
  return digests;
}

test.each([0, 1, chunk - 1, chunk, chunk + 1, 4 * chunk, 5 * chunk + 77])('%i bytes lie encrypted on disk and are read whole and in ranges', async (size) => {
  const bytes = bytesOf(size);
  const blobs = await started();
  const digest = await put(blobs, bytes);
  const stored = await readFile(await onlyFile(digest));
  expect(stored.includes('plain')).toBe(false);
  expect(stored.length).toBe(head + size + 16 * Math.max(1, Math.ceil(size / chunk)));
  // Of this life, and of the next, which looks at all of it first.
  for (const disk of [blobs, await started()]) {
    expect(await disk.has(digest, size)).toBe(true);
    expect(await listed(disk)).toEqual([digest]);
    for (const [offset, length] of [
      [0, size],
      [0, 10],
      [chunk - 5, 10],
      [chunk, chunk],
      [3, 5 * chunk],
      [size - 1, 10],
      [size, 10],
    ] as const) {
      if (offset < 0) continue;
      expect(bytes.subarray(offset, offset + length).equals((await disk.read(digest, offset, length)) ?? Buffer.from('none'))).toBe(true);
    }
    await disk.writeFile(digest, join(root, 'out'), 0o600);
    expect(bytes.equals(await readFile(join(root, 'out')))).toBe(true);
  }
});

test('what comes in pieces of any length is the same blob, and never the same file', async () => {
  const bytes = bytesOf(3 * chunk + 9);
  const blobs = await started();
  const digest = await put(blobs, bytes);
  const first = await readFile(await onlyFile(digest));
  await blobs.remove(digest);
  expect(await filesOf(digest)).toEqual([]);
  const incoming = await blobs.create({ digest, size: bytes.length });
  for (let at = 0; at < bytes.length; at += 50_001) await incoming.write(bytes.subarray(at, at + 50_001));
  await incoming.commit();
  expect(first.equals(await readFile(await onlyFile(digest)))).toBe(false);
  expect(bytes.equals((await blobs.read(digest, 0, bytes.length)) ?? Buffer.alloc(0))).toBe(true);
  const empty = createHash('sha256').digest('hex');
  await (await blobs.create({ digest: empty, size: 0 })).commit();
  expect(await (await started()).read(empty, 0, 10)).toHaveLength(0);
});

describe('a file that is not as it was written is dropped, and none of it is told', () => {
  const bytes = bytesOf(3 * chunk + 100);
  const whole = head + bytes.length + 4 * 16;
  const flipped = (at: number) => (file: Buffer) => {
    const changed = Buffer.from(file);
    changed[at] = (changed[at] ?? 0) ^ 1;
    return changed;
  };
  const chunkOf = (file: Buffer, number: number): Buffer => file.subarray(head + number * sealedChunk, head + (number + 1) * sealedChunk);

  test.each<readonly [string, (file: Buffer) => Buffer]>([
    ['a bit of the head', flipped(3)],
    ['a bit of the salt', flipped(12)],
    ['a bit of the first chunk', flipped(head + 5)],
    ['a bit of a tag', flipped(head + chunk + 3)],
    ['the last bit', flipped(whole - 1)],
    ['cut within a chunk', (file) => file.subarray(0, whole - 30)],
    ['cut between chunks', (file) => file.subarray(0, head + 2 * sealedChunk)],
    ['cut to its head', (file) => file.subarray(0, head)],
    ['empty', () => Buffer.alloc(0)],
    ['longer', (file) => Buffer.concat([file, Buffer.alloc(1)])],
    ['chunks in another order', (file) => Buffer.concat([file.subarray(0, head), chunkOf(file, 1), chunkOf(file, 0), file.subarray(head + 2 * sealedChunk)])],
    ['a chunk left out', (file) => Buffer.concat([file.subarray(0, head), chunkOf(file, 0), file.subarray(head + 2 * sealedChunk)])],
  ])('%s', async (_, change) => {
    const digest = await put(await started(), bytes);
    const file = await onlyFile(digest);
    const changed = change(await readFile(file));
    await writeFile(file, changed);
    const reader = await started();
    expect(await reader.read(digest, 2 * chunk, 10)).toBeUndefined();
    expect(await reader.has(digest)).toBe(false);
    expect(await filesOf(digest)).toEqual([]);
    await writeFile(file, changed);
    await expect((await started()).writeFile(digest, join(root, 'out'), 0o600)).rejects.toMatchObject({ code: 'file-missing' });
    expect((await readdir(root)).includes('out')).toBe(false);
    expect(await filesOf(digest)).toEqual([]);
  });

  test('also when the disk changed it behind our back, after it was found sound', async () => {
    const blobs = await started();
    const digest = await put(blobs, bytes);
    const file = await onlyFile(digest);
    await utimes(file, 1000, 1000);
    expect(await blobs.read(digest, chunk, 10)).toHaveLength(10);
    await writeFile(file, flipped(head + sealedChunk + 9)(await readFile(file)));
    await utimes(file, 1000, 1000);
    expect(await blobs.read(digest, 0, 10)).toHaveLength(10);
    expect(await blobs.read(digest, chunk, 10)).toBeUndefined();
    expect(await blobs.has(digest)).toBe(false);
  });
});

test('blobs in plain stay readable and are encrypted when they come again; without the passphrase it is the other way round', async () => {
  const bytes = bytesOf(chunk + 1);
  const digest = await put(await started({}), bytes);
  const plainFile = await onlyFile(digest);
  const blobs = await started();
  expect(await blobs.has(digest, bytes.length)).toBe(true);
  expect(bytes.equals((await blobs.read(digest, 0, bytes.length)) ?? Buffer.alloc(0))).toBe(true);
  await put(blobs, bytes);
  expect(await onlyFile(digest)).not.toBe(plainFile);
  const after = await started({ seal: { ...seal, writes: false } });
  expect(bytes.equals((await after.read(digest, 0, bytes.length)) ?? Buffer.alloc(0))).toBe(true);
  await put(after, bytes);
  expect(await onlyFile(digest)).toBe(plainFile);
});

test('files of another key are not held, and left alone', async () => {
  const digest = await put(await started(), bytesOf(10));
  const file = await onlyFile(digest);
  for (const other of [await started({}), await started({ seal: { ...seal, key: Buffer.alloc(32, 2) } })]) {
    expect(await other.has(digest)).toBe(false);
    expect(await other.read(digest, 0, 10)).toBeUndefined();
    expect(await listed(other)).toEqual([]);
    await other.remove(digest);
  }
  expect(await onlyFile(digest)).toBe(file);
  await rm(file);
});
