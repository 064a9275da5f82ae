/** Packed projects. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { unpackArchive, usualLimits } from '../../../daemon/submitter/archive/unpack-archive.ts';
import type { Decoder } from '../decoder.ts';
import { fileOf, scratchFolder } from '../scratch.ts';

async function tar(...entries: readonly (Partial<Header> & { readonly name: string })[]): Promise<Buffer> {
  const packed = pack();
  for (const header of entries) packed.entry(header, header.type === undefined ? 'scene' : '');
  packed.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of packed) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}

const headBytes = 512;
const sumAt = 148;
const sumBytes = 8;

/** Checksums of headers made right again, where there would be one: without that hardly any change is looked at. */
function withChecksums(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file);
  for (let at = 0; at + headBytes <= bytes.length; at += headBytes) {
    const head = bytes.subarray(at, at + headBytes);
    if (head.toString('latin1', 257, 262) !== 'ustar') continue;
    head.fill(' ', sumAt, sumAt + sumBytes);
    head.write(
      `${head
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      sumAt,
      'latin1',
    );
  }
  return bytes;
}

const folder = join(scratchFolder, 'unpacked');
const project = await tar({ name: './', type: 'directory' }, { name: 'a/scene.blend' }, { name: 'a/tex.png' });
const hostile = await tar({ name: 'a' }, { name: '../b' }, { name: 'c', type: 'symlink', linkname: '/etc/passwd' }, { name: 'n'.repeat(200) });
/** Little of everything, so that what is believed shows. */
const limits = { ...usualLimits, entries: 100, bytes: 2 ** 20, unsuspected: 2 ** 20 };

async function unpack(bytes: Uint8Array): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  await unpackArchive(fileOf('project.tar', bytes), folder, new AbortController().signal, limits);
}

export const archiveDecoders: readonly Decoder[] = [
  { kind: 'bytes', name: 'archives', samples: [project, hostile], run: (bytes) => unpack(withChecksums(bytes)) },
  { kind: 'bytes', name: 'packed-archives', samples: [gzipSync(project), zstdCompressSync(project)], run: unpack },
];
