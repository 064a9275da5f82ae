/** zlib's bytes, no more of them than there may be. */
import { inflateSync } from 'node:zlib';

/** Throws an Error that says what is wrong with the file. */
export function inflateWithin(packed: Buffer, mostBytes: number): Buffer {
  try {
    return inflateSync(packed, { maxOutputLength: mostBytes });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RangeError('it holds more than a picture of its size', { cause });
  }
}
