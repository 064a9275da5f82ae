import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPng, decodePng } from '../../../plugins/render/png.ts';

function chunk(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  const checked = Buffer.concat([Buffer.from(type), body]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(checked));
  return Buffer.concat([head, checked, sum]);
}

/** Filters as an encoder would: what the decoder must undo. */
function filtered(rows: readonly Buffer[], filters: readonly number[], sample: number): Buffer {
  const parts = rows.map((row, number) => {
    const filter = filters[number % filters.length] ?? 0;
    const above = rows[number - 1];
    const body = row.map((value, place) => {
      const left = row[place - sample] ?? 0;
      const up = above?.[place] ?? 0;
      const corner = place < sample ? 0 : (above?.[place - sample] ?? 0);
      const guess = left + up - corner;
      const nearest = [left, up, corner].toSorted((a, b) => Math.abs(guess - a) - Math.abs(guess - b))[0] ?? 0;
      return value - ([0, left, up, (left + up) >> 1, nearest][filter] ?? 0);
    });
    return Buffer.concat([Buffer.from([filter]), body]);
  });
  return Buffer.concat(parts);
}

function png(width: number, height: number, data: Buffer, colour = 2): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = colour;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const packed = deflateSync(data);
  const half = packed.length >> 1;
  const parts = [chunk('IHDR', header), chunk('IDAT', packed.subarray(0, half)), chunk('IDAT', packed.subarray(half)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...parts]);
}

const pictures = fc
  .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }), filters: fc.array(fc.nat(4), { minLength: 1, maxLength: 9 }) })
  .chain((shape) =>
    fc.record({ shape: fc.constant(shape), bytes: fc.uint8Array({ minLength: shape.width * shape.height * 3, maxLength: shape.width * shape.height * 3 }) }),
  );

function written({ shape, bytes }: { shape: { width: number; height: number; filters: readonly number[] }; bytes: Uint8Array }): Buffer {
  const rows = Array.from({ length: shape.height }, (_, row) => Buffer.from(bytes.subarray(row * shape.width * 3, (row + 1) * shape.width * 3)));
  return png(shape.width, shape.height, filtered(rows, shape.filters, 3));
}

describe('a PNG', () => {
  it('gives back the pixels that were written, whatever filters its rows have', () => {
    fc.assert(
      fc.property(pictures, (picture) => {
        const decoded = decodePng(written(picture));
        expect(decoded).toMatchObject({ width: picture.shape.width, height: picture.shape.height, bitDepth: 8, channels: 3 });
        expect([...decoded.pixels]).toEqual([...picture.bytes]);
      }),
    );
  });

  it('is refused wherever it is cut', () => {
    fc.assert(
      fc.property(pictures, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (picture, share) => {
        const file = written(picture);
        expect(() => checkPng(file.subarray(0, Math.floor(file.length * share)))).toThrow();
      }),
    );
  });

  it('is refused when any byte is another', () => {
    fc.assert(
      fc.property(pictures, fc.nat(), fc.integer({ min: 1, max: 255 }), (picture, place, change) => {
        const file = written(picture);
        const index = place % file.length;
        file[index] = (file[index] as number) ^ change;
        expect(() => checkPng(file)).toThrow();
      }),
    );
  });

  it.each([
    ['has a row too few', png(2, 3, Buffer.alloc(7 * 2)), 'rows'],
    ['has a row too many', png(2, 3, Buffer.alloc(7 * 4)), ''],
    ['has an unknown filter', png(1, 1, Buffer.from([9, 0, 0, 0])), 'filter'],
    ['has an unknown kind of colour', png(1, 1, Buffer.alloc(4), 5), 'not supported'],
    ['claims an impossible size', png(1 << 24, 1 << 24, Buffer.alloc(4)), 'size'],
    ['has no width', png(0, 1, Buffer.alloc(1)), 'size'],
  ])('is refused when it %s', (_, file, reason) => {
    expect(() => checkPng(file)).toThrow(reason);
  });

  it('is not unpacked when it is of another size than was asked for', () => {
    const damaged = png(1 << 14, 1 << 14, Buffer.alloc(4));
    expect(checkPng(damaged, { width: 16, height: 16 })).toEqual({ width: 1 << 14, height: 1 << 14 });
    expect(() => checkPng(damaged)).toThrow('rows');
  });
});
