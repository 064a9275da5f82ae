/** Opens a .blend file for reading forward, through gzip (before Blender 3.0) or zstd (since), within limits that a hostile file cannot pass. */
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createGunzip, type Gunzip, zstdDecompress } from 'node:zlib';
import { ByteReader, type ByteStream } from './byte-reader.ts';
import { zstdFrames } from './zstd-frames.ts';

const pieceBytes = 256 * 1024;
const frameLimit = 64 * 1024 * 1024;
const frameOutputLimit = 64 * 1024 * 1024;
/** Scenes hold large runs of zeros, so that small files may expand a lot; large ones may not. */
const alwaysAllowed = 1024 * 1024 * 1024;
const ratioLimit = 200;

const decompress = promisify(zstdDecompress);

function plainStream(file: FileHandle, size: number): ByteStream {
  let position = 0;
  return {
    async next() {
      const piece = Buffer.allocUnsafe(pieceBytes);
      const { bytesRead } = await file.read(piece, 0, pieceBytes, position);
      position += bytesRead;
      return bytesRead === 0 ? undefined : piece.subarray(0, bytesRead);
    },
    jump(bytes) {
      if (position + bytes > size) return false;
      position += bytes;
      return true;
    },
    close: () => file.close(),
  };
}

function limited(pieces: AsyncIterator<Buffer>, size: number, close: () => Promise<void>): ByteStream {
  let total = 0;
  return {
    async next() {
      const { value, done } = await pieces.next();
      if (done === true) return undefined;
      total += value.length;
      if (total > Math.max(alwaysAllowed, size * ratioLimit)) throw new RangeError('expands to far more than a scene would');
      return value.length === 0 ? this.next() : value;
    },
    close,
  };
}

function gzipStream(file: FileHandle, size: number): ByteStream {
  const unzip: Gunzip = file.createReadStream({ start: 0, autoClose: false }).pipe(createGunzip({ chunkSize: pieceBytes }));
  return limited(unzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>, size, async () => {
    unzip.destroy();
    await file.close();
  });
}

async function* inflateFrames(reader: ByteReader): AsyncGenerator<Buffer> {
  for await (const frame of zstdFrames(reader, frameLimit)) yield await decompress(frame, { maxOutputLength: frameOutputLimit });
}

async function streamOf(file: FileHandle): Promise<ByteStream> {
  const { size } = await file.stat();
  const start = Buffer.alloc(4);
  await file.read(start, 0, 4, 0);
  if (start.readUInt16BE(0) === 0x1f8b) return gzipStream(file, size);
  if (start.readUInt32LE(0) === 0xfd2fb528) return limited(inflateFrames(new ByteReader(plainStream(file, size))), size, () => file.close());
  return plainStream(file, size);
}

/** A reader at the first byte of the uncompressed file. The caller closes it. */
export async function openBlend(path: string): Promise<ByteReader> {
  const file = await open(path, 'r');
  try {
    return new ByteReader(await streamOf(file));
  } catch (error) {
    await file.close();
    throw error;
  }
}
