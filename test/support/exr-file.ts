/** Writes OpenEXR files as Blender does: one part, scan lines, channels in the order given. */
import { deflateSync } from 'node:zlib';

export interface ExrSource {
  readonly width: number;
  readonly height: number;
  /** 0 none, 1 runs, 2 and 3 ZIP; lines of others are some bytes that nobody can read. */
  readonly compression: number;
  /** Half floats (type 1) by their bits, floats (type 2) by their values. */
  readonly channels: readonly { readonly name: string; readonly type: 1 | 2; readonly values: readonly number[] }[];
}

/** Bits of half floats. */
export const half = { one: 0x3c00, minusZero: 0x8000, infinity: 0x7c00, notANumber: 0x7e01 } as const;

const linesOfChunk = [1, 1, 1, 16, 32];

function int(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [place, value] of values.entries()) bytes.writeInt32LE(value, place * 4);
  return bytes;
}

function attribute(name: string, type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${name}\0${type}\0`), int(body.length), body]);
}

function linesOf({ width, channels }: ExrSource, first: number, count: number): Buffer {
  const parts: Buffer[] = [];
  for (let line = first; line < first + count; line += 1) {
    for (const { type, values } of channels) {
      const part = Buffer.alloc(width * (type === 1 ? 2 : 4));
      for (let column = 0; column < width; column += 1) {
        const value = values[line * width + column] ?? 0;
        if (type === 1) part.writeUInt16LE(value, column * 2);
        else part.writeFloatLE(value, column * 4);
      }
      parts.push(part);
    }
  }
  return Buffer.concat(parts);
}

/** Even places first, then the differences of what follows each other. */
function prepared(plain: Buffer): Buffer {
  const sorted = Buffer.concat([plain.filter((_, place) => place % 2 === 0), plain.filter((_, place) => place % 2 === 1)]);
  return Buffer.from(sorted.map((value, place) => (place === 0 ? value : value - (sorted[place - 1] as number) + 128)));
}

function runs(bytes: Buffer): Buffer {
  const parts: number[] = [];
  for (let place = 0; place < bytes.length; ) {
    let length = 1;
    while (length < 128 && bytes[place + length] === bytes[place]) length += 1;
    if (length > 2) parts.push(length - 1, bytes[place] as number);
    else parts.push(256 - length, ...bytes.subarray(place, place + length));
    place += length;
  }
  return Buffer.from(parts);
}

/** As it is where packing makes it no smaller. */
export function packed(plain: Buffer, compression: number): Buffer {
  if (compression === 0) return plain;
  if (compression > 3) return Buffer.alloc(3, 7);
  const small = compression === 1 ? runs(prepared(plain)) : deflateSync(prepared(plain));
  return small.length < plain.length ? small : plain;
}

export function exrFile(source: ExrSource): Buffer {
  const { width, height, compression, channels } = source;
  const list = channels.map(({ name, type }) => Buffer.concat([Buffer.from(`${name}\0`), int(type, 0, 1, 1)]));
  const header = Buffer.concat([
    int(20_000_630, 2),
    attribute('channels', 'chlist', Buffer.concat([...list, Buffer.from('\0')])),
    attribute('compression', 'compression', Buffer.from([compression])),
    attribute('dataWindow', 'box2i', int(0, 0, width - 1, height - 1)),
    Buffer.from([0]),
  ]);
  const step = linesOfChunk[compression] ?? 1;
  const chunks = Array.from({ length: Math.ceil(height / step) }, (_, number) => {
    const lines = packed(linesOf(source, number * step, Math.min(step, height - number * step)), compression);
    return Buffer.concat([int(number * step, lines.length), lines]);
  });
  const table = Buffer.alloc(chunks.length * 8);
  let offset = header.length + table.length;
  for (const [number, chunk] of chunks.entries()) {
    table.writeBigUInt64LE(BigInt(offset), number * 8);
    offset += chunk.length;
  }
  return Buffer.concat([header, table, ...chunks]);
}
