import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkExr } from '../../../plugins/render/exr.ts';

function int(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [place, value] of values.entries()) bytes.writeInt32LE(value, place * 4);
  return bytes;
}

function attribute(name: string, type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${name}\0${type}\0`), int(body.length), body]);
}

/** One half-float channel, ZIP: sixteen lines a chunk. The data window begins where the second pair says. */
function exr(width: number, height: number, [left, top]: readonly [number, number] = [0, 0], flags = 2): Buffer {
  const channels = Buffer.concat([Buffer.from('Y\0'), int(1, 0, 1, 1), Buffer.from('\0')]);
  const header = Buffer.concat([
    int(20_000_630, flags),
    attribute('channels', 'chlist', channels),
    attribute('compression', 'compression', Buffer.from([3])),
    attribute('dataWindow', 'box2i', int(left, top, left + width - 1, top + height - 1)),
    Buffer.from([0]),
  ]);
  const chunks = Array.from({ length: Math.ceil(height / 16) }, (_, number) => {
    const packed = deflateSync(Buffer.alloc(width * 2 * Math.min(16, height - number * 16)));
    return Buffer.concat([int(top + number * 16, packed.length), packed]);
  });
  const table = Buffer.alloc(chunks.length * 8);
  let offset = header.length + table.length;
  for (const [number, chunk] of chunks.entries()) {
    table.writeBigUInt64LE(BigInt(offset), number * 8);
    offset += chunk.length;
  }
  return Buffer.concat([header, table, ...chunks]);
}

describe('an OpenEXR file', () => {
  it('tells its size when every line is there', () => {
    expect(checkExr(exr(64, 36))).toMatchObject({ width: 64, height: 36 });
    expect(checkExr(exr(10, 20, [-3, 7]))).toMatchObject({ width: 10, height: 20 });
  });

  it('is refused wherever it is cut', () => {
    const file = exr(64, 36);
    for (let length = 0; length < file.length; length += 1) expect(() => checkExr(file.subarray(0, length))).toThrow();
  });

  it('is refused when its end is zeros, as after a full disk', () => {
    const file = exr(64, 36);
    expect(() => checkExr(Buffer.concat([file.subarray(0, file.length - 20), Buffer.alloc(20)]))).toThrow();
  });

  it('is refused when a few of its bytes unpack to more than its lines', () => {
    const file = exr(2000, 16);
    const bomb = deflateSync(Buffer.alloc(1 << 22));
    const at = file.length - deflateSync(Buffer.alloc(64_000)).length - 8;
    const header = Buffer.concat([file.subarray(0, at), int(0, bomb.length), bomb]);
    expect(() => checkExr(header)).toThrow();
    // Whoever says it is large is not believed either, unless that is the size that was asked for.
    expect(checkExr(exr(2000, 16), { width: 16, height: 16 })).toEqual({ width: 2000, height: 16 });
  });

  it('is refused when it is tiled or has several parts', () => {
    expect(() => checkExr(exr(64, 36, [0, 0], 0x202))).toThrow('not supported');
    expect(() => checkExr(exr(64, 36, [0, 0], 0x1002))).toThrow('not supported');
  });
});
