/** The bytes of an archive once it is decompressed, within limits: zstd makes 32,700 zeros of one byte. */
import { open } from 'node:fs/promises';
import { pipeline, type Transform } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';

export interface ExpansionLimits {
  /** Decompressed. */
  readonly bytes: number;
  /** Decompressed to compressed bytes, beyond the first `unsuspected`. */
  readonly ratio: number;
  readonly unsuspected: number;
}

/** The window of a frame, which is what decompressing takes of memory: 128 MiB, as the program itself allows. */
const windowLog = 27;

/** Throws RangeError beyond the limits, and zlib's errors for damaged bytes. Closes the file however it ends. */
export async function* plainBytes(archive: string, limits: ExpansionLimits): AsyncGenerator<Uint8Array> {
  const file = await open(archive, 'r');
  const { size } = await file.stat();
  const start = Buffer.alloc(4);
  await file.read(start, 0, 4, 0);
  const packed = file.createReadStream({ start: 0 });
  const unpacker = unpackerFor(start);
  // What goes wrong is told to whoever reads the last of them.
  const stream = unpacker === undefined ? packed : pipeline(packed, unpacker, () => undefined);
  const most = Math.min(limits.bytes, Math.max(limits.unsuspected, size * limits.ratio));
  let total = 0;
  for await (const piece of stream as AsyncIterable<Uint8Array>) {
    total += piece.length;
    if (total > most) throw new RangeError(`it expands from ${size} bytes to more than ${most}`);
    yield piece;
  }
}

function unpackerFor(start: Buffer): Transform | undefined {
  if (start.readUInt16BE(0) === 0x1f8b) return createGunzip();
  if (start.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: windowLog } });
  return undefined;
}
