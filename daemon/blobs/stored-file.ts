/** The file of a blob that is held, in plain or encrypted; whoever reads it sees the blob's bytes. */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Digest } from '../../src/model/job.ts';
import { pieceBytes, readPieces } from './file-pieces.ts';
import { type BlobSeal, chunkBytes, chunkOpener, DamagedChunk, headBytes, Sealer, sealedChunkBytes, shapeOf } from './sealed-chunks.ts';

export interface StoredFile extends AsyncDisposable {
  stat(): Promise<Stats>;
  /** From `offset`, as many as fit and there are. Throws DamagedChunk. */
  read(bytes: Uint8Array, offset: number): Promise<number>;
  /** All of it; a piece is overwritten by the next one. Throws DamagedChunk. */
  pieces(): AsyncIterable<Uint8Array>;
}

/** Bytes go to the end of the file; nothing is synced. */
export interface StoringFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Call once, after the last byte. */
  finish(): Promise<void>;
}

/** `seal`: of an encrypted file. */
export async function openStored(path: string, seal: BlobSeal | undefined): Promise<StoredFile> {
  const file = await open(path, 'r');
  return seal === undefined ? plainFile(file) : sealedFile(file, seal);
}

export async function storeInto(file: FileHandle, seal: BlobSeal | undefined): Promise<StoringFile> {
  if (seal === undefined || !seal.writes) return { write: (bytes) => file.writeFile(bytes), finish: async () => undefined };
  const sealer = new Sealer(seal);
  await file.writeFile(sealer.head);
  return { write: (bytes) => file.writeFile(sealer.add(bytes)), finish: () => file.writeFile(sealer.finish()) };
}

/** `take` gets all of it besides. Undefined for an encrypted file that is damaged. */
export async function digestOfStored(file: StoredFile, take?: (piece: Uint8Array) => Promise<void>): Promise<Digest | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const piece of file.pieces()) {
      hash.update(piece);
      await take?.(piece);
    }
  } catch (error) {
    if (error instanceof DamagedChunk) return undefined;
    throw error;
  }
  return hash.digest('hex');
}

function plainFile(file: FileHandle): StoredFile {
  return {
    stat: () => file.stat(),
    read: (bytes, offset) => fill(file, bytes, offset),
    pieces: () => readPieces(file),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

function sealedFile(file: FileHandle, { key }: BlobSeal): StoredFile {
  let opening: ReturnType<typeof openChunks> | undefined;
  let buffer = Buffer.alloc(0);
  const opened = (): ReturnType<typeof openChunks> => {
    opening ??= openChunks(file, key);
    return opening;
  };
  const read = async (bytes: Uint8Array, offset: number): Promise<number> => {
    const { chunks, size, openChunk } = await opened();
    const end = Math.min(offset + bytes.length, size);
    // A range may begin and end within a chunk.
    const most = Math.min(pieceBytes / chunkBytes, Math.ceil(bytes.length / chunkBytes)) + 1;
    if (buffer.length < most * sealedChunkBytes) buffer = Buffer.allocUnsafe(most * sealedChunkBytes);
    let filled = 0;
    while (offset + filled < end) {
      const first = Math.floor((offset + filled) / chunkBytes);
      const count = Math.min(Math.floor((end - 1) / chunkBytes) - first + 1, most);
      const got = await fill(file, buffer.subarray(0, count * sealedChunkBytes), headBytes + first * sealedChunkBytes);
      for (let index = 0; index < count; index += 1) {
        const number = first + index;
        const from = index * sealedChunkBytes;
        const plain = openChunk(buffer.subarray(from, Math.min(from + sealedChunkBytes, got)), number, number === chunks - 1);
        const wanted = plain.subarray(offset + filled - number * chunkBytes, end - number * chunkBytes);
        bytes.set(wanted, filled);
        filled += wanted.length;
      }
    }
    return filled;
  };
  return {
    stat: () => file.stat(),
    read,
    async *pieces() {
      const piece = new Uint8Array(pieceBytes);
      const { size, openChunk } = await opened();
      // There is no byte of an empty blob whose chunk would be looked at.
      if (size === 0) openChunk(await wholeOf(file), 0, true);
      for (let offset = 0; offset < size; ) {
        const length = await read(piece, offset);
        if (length === 0) throw new DamagedChunk();
        offset += length;
        yield piece.subarray(0, length);
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function openChunks(file: FileHandle, key: Uint8Array): Promise<ReturnType<typeof shapeOf> & { readonly openChunk: ReturnType<typeof chunkOpener> }> {
  const head = new Uint8Array(headBytes);
  const length = await fill(file, head, 0);
  return { ...shapeOf((await file.stat()).size), openChunk: chunkOpener(key, head.subarray(0, length)) };
}

async function wholeOf(file: FileHandle): Promise<Uint8Array> {
  const bytes = new Uint8Array(sealedChunkBytes);
  return bytes.subarray(0, await fill(file, bytes, headBytes));
}

async function fill(file: FileHandle, bytes: Uint8Array, offset: number): Promise<number> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
