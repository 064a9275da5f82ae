/** A .blend file is a header and then blocks: a head with a code, a length and a struct number, then so many bytes. */
import type { ByteReader } from './byte-reader.ts';
import type { BlendHeader } from './header.ts';

export interface BlockHead {
  /** `SC`, `IM`, `DATA`, `DNA1`, `ENDB` and so on. */
  readonly code: string;
  readonly bytes: number;
  /** Where the block lay in the memory of the Blender that saved it: what pointers in other blocks name. `0` is no pointer. */
  readonly address: bigint;
  /** Index into the catalogue of structs. */
  readonly struct: number;
  readonly count: number;
}

export interface Block extends BlockHead {
  /** Reads the contents; a block whose contents are not asked for is skipped. Must be called before the next block is asked for. */
  contents(): Promise<Buffer>;
}

/** Film scenes have some hundred thousand. */
const blockLimit = 2_000_000;

function headBytes(header: BlendHeader): number {
  return header.largeBlocks ? 32 : 16 + header.pointerBytes;
}

/** A safe integer, or NaN for what no real file has. */
function longAt(bytes: Buffer, offset: number, littleEndian: boolean): number {
  const value = littleEndian ? bytes.readBigInt64LE(offset) : bytes.readBigInt64BE(offset);
  return value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.NaN : Number(value);
}

export function addressAt(bytes: Buffer, offset: number, header: BlendHeader): bigint {
  if (header.pointerBytes === 4) return BigInt(header.littleEndian ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset));
  return header.littleEndian ? bytes.readBigUInt64LE(offset) : bytes.readBigUInt64BE(offset);
}

/** Up to four letters, filled up with zeros or spaces. */
function codeOf(bytes: Buffer): string {
  let length = 4;
  while (length > 0 && (bytes[length - 1] === 0 || bytes[length - 1] === 0x20)) length -= 1;
  return bytes.toString('latin1', 0, length);
}

function parseHead(bytes: Buffer, header: BlendHeader): BlockHead {
  const { littleEndian, pointerBytes } = header;
  const int = (offset: number) => (littleEndian ? bytes.readInt32LE(offset) : bytes.readInt32BE(offset));
  const code = codeOf(bytes);
  if (header.largeBlocks) {
    return { code, struct: int(4), address: addressAt(bytes, 8, header), bytes: longAt(bytes, 16, littleEndian), count: longAt(bytes, 24, littleEndian) };
  }
  return { code, bytes: int(4), address: addressAt(bytes, 8, header), struct: int(8 + pointerBytes), count: int(12 + pointerBytes) };
}

/** Every block up to the end mark. Throws RangeError for what cannot be a block and TruncatedError when the file ends early. */
export async function* readBlocks(reader: ByteReader, header: BlendHeader): AsyncGenerator<Block> {
  const size = headBytes(header);
  for (let number = 0; number < blockLimit; number += 1) {
    const head = parseHead(reader.takeNow(size) ?? (await reader.take(size)), header);
    if (head.code === 'ENDB') return;
    if (!/^[A-Z0-9_]{2,4}$/.test(head.code) || !(head.bytes >= 0) || !(head.count >= 0)) throw new RangeError('is damaged: a block has an impossible head');
    let taken = false;
    yield {
      ...head,
      contents: async () => {
        taken = true;
        return Buffer.from(await reader.take(head.bytes));
      },
    };
    if (!taken && !reader.skipNow(head.bytes)) await reader.skip(head.bytes);
  }
  throw new RangeError('has more blocks than any scene');
}
