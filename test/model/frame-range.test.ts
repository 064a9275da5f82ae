import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SupervmError } from '../../src/model/errors.ts';
import { eachFrame, formatFrames, parseFrames, rangesOfFrames } from '../../src/model/frame-range.ts';

function refusal(text: string): { code: string; message: string; hint: string } {
  try {
    parseFrames(text);
  } catch (error) {
    if (error instanceof SupervmError) return { code: error.code, message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error(`"${text}" was taken`);
}

const frame = fc.integer({ min: -3000, max: 3000 });
const piece = fc.oneof(
  frame.map((value) => ({ text: `${value}`, frames: [value] })),
  fc.tuple(frame, fc.nat(60), fc.integer({ min: 1, max: 9 })).map(([first, length, step]) => ({
    text: step === 1 ? `${first}-${first + length}` : `${first}-${first + length}:${step}`,
    frames: Array.from({ length: Math.floor(length / step) + 1 }, (_, place) => first + place * step),
  })),
);

describe('a frame list', () => {
  it.each([
    ['1-100', '1-100'],
    ['1,5,10-50:2', '1,5,10-50:2'],
    ['-5-5', '-5-5'],
    ['-5--1', '-5--1'],
    ['-5', '-5'],
    ['0', '0'],
    ['1,1,2-4', '1-4'],
    ['4,3,2,1', '1-4'],
    ['1-10:3', '1-10:3'],
    ['1-12:3', '1-10:3'],
    [' 7 , 9 ', '7,9'],
    ['5-5', '5'],
  ])('%s means %s', (text, meaning) => {
    expect(formatFrames(parseFrames(text))).toBe(meaning);
  });

  it('gives one range for a million frames', () => {
    expect(parseFrames('1-1000000')).toEqual([{ first: 1, last: 1_000_000, step: 1 }]);
  });

  it.each([
    ['a', '"a"'],
    ['1-1e9', '"1-1e9"'],
    ['1,x-3,5', '"x-3"'],
    ['1.5', '"1.5"'],
    ['1-10:0', '"1-10:0"'],
    ['5-', '"5-"'],
    ['99999999', '99999999'],
    ['1,,2', 'empty'],
    ['', 'empty'],
    ['  ', 'empty'],
    ['-600000-600000', '1200001'],
    [Array.from({ length: 20 }, () => '1-1000000').join(','), 'too many'],
  ])('%s is refused, naming what is wrong', (text, named) => {
    const { code, message, hint } = refusal(text);
    expect(code).toBe('bad-frames');
    expect(message).toContain(named);
    expect(hint).not.toBe('');
  });

  it('suggests the other direction for a reversed range', () => {
    expect(refusal('100-1').hint).toContain('1-100');
    expect(refusal('9-1:2').hint).toContain('1-9:2');
  });

  it('is a set: any pieces in any order give each frame once, ascending', () => {
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const wanted = [...new Set(pieces.flatMap((each) => each.frames))].sort((a, b) => a - b);
        expect([...eachFrame(parseFrames(pieces.map((each) => each.text).join(',')))]).toEqual(wanted);
      }),
    );
  });

  it('reads its own text back to the same ranges, which ascend without overlap', () => {
    fc.assert(
      fc.property(fc.uniqueArray(frame, { minLength: 1, maxLength: 40 }), (values) => {
        const ranges = rangesOfFrames(values.toSorted((a, b) => a - b));
        expect(parseFrames(formatFrames(ranges))).toEqual(ranges);
        for (const [place, range] of ranges.entries()) expect(range.first).toBeGreaterThan(ranges[place - 1]?.last ?? Number.NEGATIVE_INFINITY);
      }),
    );
  });
});
