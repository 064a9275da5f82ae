import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkExr } from '../../../plugins/render/exr.ts';
import { unpackLines } from '../../../plugins/render/exr-lines.ts';
import { lookWarnings } from '../../../plugins/render/frame-look.ts';
import { checkPng } from '../../../plugins/render/png.ts';
import { type ExrSource, exrFile, half, packed } from '../../support/exr-file.ts';
import { pngFile } from '../../support/png-file.ts';

const [width, height] = [5, 40];

/** A picture whose values `at` tells. */
function exr(names: readonly string[], at: (name: string, pixel: number) => number, more: Partial<ExrSource> = {}) {
  const channels = names.map((name) => ({ name, type: 1 as const, values: Array.from({ length: width * height }, (_, pixel) => at(name, pixel)) }));
  return checkExr(exrFile({ width, height, compression: 3, channels, ...more }));
}

describe('an OpenEXR picture', () => {
  it('is black when no colour has a value, and transparent when alpha has none either', () => {
    expect(exr(['A', 'B', 'G', 'R'], (name) => (name === 'A' ? half.one : 0))).toMatchObject({ channels: 4, emptiness: 'black', notFinite: [] });
    expect(exr(['A', 'B', 'G', 'R'], () => half.minusZero)).toMatchObject({ emptiness: 'transparent' });
    expect(exr(['B', 'G', 'R'], () => 0)).toMatchObject({ channels: 3, emptiness: 'black' });
  });

  it.each([0, 1, 2, 3])('is not black when the last pixel has a value, however it is packed: %d', (compression) => {
    const look = exr(['B', 'G', 'R'], (name, pixel) => (name === 'B' && pixel === width * height - 1 ? 1 : 0), { compression });
    expect(look).not.toHaveProperty('emptiness');
    expect(look).not.toHaveProperty('isUnread');
    expect(exr(['B', 'G', 'R'], () => 0, { compression })).toMatchObject({ emptiness: 'black' });
  });

  it.each([half.infinity, half.notANumber, half.infinity | 0x8000])('names the colours that are no number: %d', (value) => {
    expect(exr(['A', 'B', 'G', 'R'], (name, pixel) => (name === 'G' && pixel === 17 ? value : 0))).toMatchObject({ notFinite: ['G'] });
    expect(exr(['A', 'B', 'G', 'R'], (name, pixel) => (name === 'G' && pixel === 17 ? value : 0))).not.toHaveProperty('emptiness');
    expect(exr(['B', 'G', 'R', 'Z'], (name) => (name === 'Z' ? value : half.one))).toMatchObject({ notFinite: [], channels: 3 });
  });

  it('in layers is judged by its pictures, not by its passes', () => {
    const names = ['View.Combined.A', 'View.Combined.B', 'View.Combined.G', 'View.Combined.R', 'View.Diffuse.R', 'View.Depth.Z', 'View.IndexOB.X'];
    const look = exr(names, (name) => (name.includes('Combined') ? 0 : half.one));
    expect(look).toMatchObject({ emptiness: 'transparent' });
    expect(look).not.toHaveProperty('channels');
    expect(exr(names, (name) => (name === 'View.Diffuse.R' ? half.notANumber : half.one))).toMatchObject({ notFinite: ['View.Diffuse.R'] });
  });

  it('of floats is read as such', () => {
    const channels = (value: number) => [{ name: 'R', type: 2 as const, values: Array.from({ length: width * height }, () => value) }];
    expect(checkExr(exrFile({ width, height, compression: 3, channels: channels(Number.POSITIVE_INFINITY) })).notFinite).toEqual(['R']);
    expect(checkExr(exrFile({ width, height, compression: 3, channels: channels(3e38) })).notFinite).toEqual([]);
    expect(checkExr(exrFile({ width, height, compression: 3, channels: channels(-0) })).emptiness).toBe('black');
  });

  it('that is packed otherwise is known to be there and no more', () => {
    const channels = [{ name: 'R', type: 1 as const, values: Array.from({ length: width * height }, () => 0) }];
    expect(checkExr(exrFile({ width, height, compression: 4, channels }))).toEqual({ width, height, channels: 1, isUnread: true });
  });

  it('gives back the lines that were packed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.constantFrom(1, 2, 3), (bytes, compression) => {
        const lines = packed(Buffer.from(bytes), compression);
        expect([...(unpackLines(lines, compression, bytes.length) ?? [])]).toEqual([...bytes]);
      }),
    );
  });

  it.each([
    ['too short', deflateSync(Buffer.alloc(10)), 3],
    ['longer than it may be', Buffer.alloc(101), 3],
    ['of another length though it is not packed', Buffer.alloc(99), 0],
    ['a run that ends outside', Buffer.from([200]), 1],
    ['a run that is longer than the picture', Buffer.from([127, 1]), 1],
  ])('is refused when its lines are %s', (_, lines, compression) => {
    expect(() => unpackLines(lines, compression, 100)).toThrow('damaged');
  });
});

describe('a PNG', () => {
  const blank = (channels: number, value: number) => Buffer.alloc(4 * 3 * channels, value);

  it.each([
    [1, 'black'],
    [2, 'transparent'],
    [3, 'black'],
    [4, 'transparent'],
  ])('of %d channels without a value is %s', (channels, emptiness) => {
    expect(checkPng(pngFile({ width: 4, height: 3, channels, pixels: blank(channels, 0) }))).toMatchObject({ emptiness, channels });
  });

  it('is black where it is opaque, and not where one sample of the last row has a value', () => {
    const pixels = blank(4, 0).map((_, place) => (place % 4 === 3 ? 255 : 0));
    expect(checkPng(pngFile({ width: 4, height: 3, channels: 4, pixels }))).toMatchObject({ emptiness: 'black' });
    pixels[pixels.length - 2] = 2;
    expect(checkPng(pngFile({ width: 4, height: 3, channels: 4, pixels }))).toMatchObject({ emptiness: 'black' });
    pixels[pixels.length - 2] = 3;
    expect(checkPng(pngFile({ width: 4, height: 3, channels: 4, pixels }))).not.toHaveProperty('emptiness');
  });

  it('of sixteen bits has alpha in its last two bytes', () => {
    const pixels = Buffer.alloc(4 * 3 * 8).map((_, place) => (place % 8 >= 6 ? 9 : 0));
    expect(checkPng(pngFile({ width: 4, height: 3, channels: 4, bitDepth: 16, pixels }))).toMatchObject({ emptiness: 'black' });
    pixels[5] = 255;
    expect(checkPng(pngFile({ width: 4, height: 3, channels: 4, bitDepth: 16, pixels }))).toMatchObject({ emptiness: 'black' });
    pixels[4] = 3;
    expect(checkPng(pngFile({ width: 4, height: 3, channels: 4, bitDepth: 16, pixels }))).not.toHaveProperty('emptiness');
  });
});

describe('warnings about a frame', () => {
  it('are none where nothing is strange', () => {
    expect(lookWarnings('f.png', { channels: 4, notFinite: [] }, 4)).toEqual([]);
    expect(lookWarnings('f.png', {}, 4)).toEqual([]);
    expect(lookWarnings('f.png', { channels: 3 }, undefined)).toEqual([]);
  });

  it('name the frame and what is strange', () => {
    expect(lookWarnings('f.png', { emptiness: 'black' }, 3)[0]).toMatch(/^f\.png is black all over/);
    expect(lookWarnings('f.png', { emptiness: 'transparent' }, 3)[0]).toMatch(/^f\.png is transparent all over/);
    expect(lookWarnings('f.exr', { notFinite: ['R', 'G'] }, 3)).toEqual(['f.exr has pixels that are no number (NaN or infinite): R, G']);
    expect(lookWarnings('f.exr', { notFinite: Array.from({ length: 9 }, (_, place) => `c${place}`) }, 3)[0]).toMatch(/c4 and 4 more$/);
    expect(lookWarnings('f.png', { channels: 1 }, 4)).toEqual(['f.png has 1 channel (grey) instead of 4 channels (RGBA)']);
  });
});
