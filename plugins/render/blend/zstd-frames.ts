/**
 * Splits a zstd file into its frames (RFC 8878), because Node's stream stops at the end of the first one and Blender writes many:
 * one a mebibyte of scene, then a skippable frame with a seek table.
 */
const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const dictionaryBytes = [0, 1, 2, 4] as const;

/** What the splitter pulls from; `undefined` where fewer bytes are left. */
export interface ByteSupply {
  take(bytes: number): Promise<Buffer>;
  skip(bytes: number): Promise<void>;
  atEnd(): Promise<boolean>;
}

function contentSizeBytes(descriptor: number): number {
  const flag = descriptor >> 6;
  if (flag === 0) return (descriptor & 0x20) === 0 ? 0 : 1;
  return 1 << flag;
}

/** Bytes of a frame header after magic number and descriptor. */
function headerRest(descriptor: number): number {
  const windowBytes = (descriptor & 0x20) === 0 ? 1 : 0;
  return windowBytes + (dictionaryBytes[descriptor & 3] as number) + contentSizeBytes(descriptor);
}

/** Blocks of one frame, which hold up to 128 KiB each; frames that only skip. */
const mostBlocks = 10_000;
const mostSkips = 10_000;

async function restOfFrame(supply: ByteSupply, magic: Buffer, limit: number): Promise<Buffer> {
  const descriptor = await supply.take(1);
  const parts = [magic, descriptor, await supply.take(headerRest(descriptor[0] as number))];
  let total = 0;
  let last = false;
  while (!last) {
    const head = await supply.take(3);
    const word = head.readUIntLE(0, 3);
    last = (word & 1) === 1;
    const isRepeat = ((word >> 1) & 3) === 1;
    const size = isRepeat ? 1 : word >> 3;
    total += size + 3;
    if (total > limit || parts.length > 2 * mostBlocks) throw new RangeError('has a compressed frame that is too large');
    parts.push(head, await supply.take(size));
  }
  if (((descriptor[0] as number) & 4) !== 0) parts.push(await supply.take(4));
  return Buffer.concat(parts);
}

/** Yields each data frame, compressed, at most `limit` bytes long; skippable frames are left out. Throws RangeError on anything else. */
export async function* zstdFrames(supply: ByteSupply, limit: number): AsyncGenerator<Buffer> {
  let skips = 0;
  while (!(await supply.atEnd())) {
    const magic = await supply.take(4);
    const value = magic.readUInt32LE(0);
    if (value === frameMagic) yield await restOfFrame(supply, magic, limit);
    else if ((value & 0xfffffff0) >>> 0 === skippableMagic && ++skips < mostSkips) await supply.skip((await supply.take(4)).readUInt32LE(0));
    else throw new RangeError('is damaged: a compressed frame does not begin where it should');
  }
}
