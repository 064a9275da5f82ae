import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BlobFolder } from '../../daemon/blobs/blob-folder.ts';
import { digestOf } from '../../daemon/blobs/digest.ts';

let root: string;
let small: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'supervm-full-'));
  small = join(root, 'small');
  await mkdir(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
});
afterEach(async () => {
  execFileSync('umount', ['--lazy', small]);
  await rm(root, { recursive: true, force: true });
});

it('a full disk under the blobs is reported as disk-full and nothing half-written stays', async () => {
  const full = new BlobFolder({ folder: join(small, 'blobs') });
  await full.start();
  const bytes = Buffer.alloc(3_000_000, 1);
  await writeFile(join(root, 'big'), bytes);
  await expect(full.putFile(join(root, 'big'))).rejects.toMatchObject({ code: 'disk-full' });
  await expect(full.create({ digest: digestOf(bytes), size: bytes.length })).rejects.toMatchObject({ code: 'disk-full' });
  expect(await readdir(join(small, 'blobs/incoming'))).toEqual([]);
});

it('a disk that fills up while a blob arrives is reported as disk-full and nothing half-written stays', async () => {
  const full = new BlobFolder({ folder: join(small, 'blobs') });
  await full.start();
  const bytes = Buffer.alloc(600_000, 1);
  const incoming = await full.create({ digest: digestOf(bytes), size: bytes.length });
  await writeFile(join(small, 'other'), Buffer.alloc(700_000));
  await expect(incoming.write(bytes)).rejects.toMatchObject({ code: 'disk-full' });
  expect(await readdir(join(small, 'blobs/incoming'))).toEqual([]);
});

it('a full disk under the target of a blob is reported as disk-full and nothing half-written stays', async () => {
  const blobs = new BlobFolder({ folder: join(root, 'blobs') });
  await blobs.start();
  await writeFile(join(root, 'big'), Buffer.alloc(3_000_000, 1));
  const blob = await blobs.putFile(join(root, 'big'));
  await expect(blobs.writeFile(blob.digest, join(small, 'target'), 0o644)).rejects.toMatchObject({ code: 'disk-full' });
  expect(await readdir(small)).toEqual([]);
});
