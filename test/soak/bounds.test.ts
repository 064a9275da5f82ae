import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { growths, isTooMuch, slopeOf } from './bounds.ts';
import type { Sample } from './measure.ts';

const quiet: Sample = {
  heapBytes: 40e6,
  residentBytes: 120e6,
  files: 60,
  sockets: 20,
  connections: 4,
  repeatedStreams: 0,
  threads: 14,
  processes: 2,
  dataBytes: 5e6,
  logBytes: 1e6,
};

const soak = (rounds: number, sample: (round: number) => Partial<Sample>, hoursEach = 0.01) =>
  Array.from({ length: rounds }, (_, round) => ({ atHours: round * hoursEach, sample: { ...quiet, ...sample(round) } }));
const tooMuch = (taken: Parameters<typeof growths>[0]) =>
  growths(taken)
    .filter(isTooMuch)
    .map(({ quantity }) => quantity);

test('a daemon that holds the same all the time is bounded', () => {
  expect(tooMuch(soak(10, () => ({})))).toEqual([]);
});

test('a file that is left open in each round is found within minutes', () => {
  expect(tooMuch(soak(6, (round) => ({ files: 60 + round })))).toEqual(['files']);
});

test('sockets, streams and processes that stay behind are found', () => {
  expect(tooMuch(soak(6, (round) => ({ sockets: 20 + round, files: 60 + round, repeatedStreams: round, processes: 2 + round })))).toEqual([
    'files',
    'sockets',
    'repeatedStreams',
    'processes',
  ]);
});

test('in a long soak a slow leak of memory is found, and noise is none', () => {
  expect(tooMuch(soak(48, (round) => ({ heapBytes: 40e6 + round * 1.2e6, residentBytes: 120e6 + round * 1.2e6 }), 0.25))).toEqual(['heapBytes']);
  expect(tooMuch(soak(48, (round) => ({ heapBytes: 40e6 + (round % 5) * 3e6, residentBytes: 120e6 + (round % 7) * 5e6 }), 0.25))).toEqual([]);
});

test('one odd sample does not turn the slope', () => {
  expect(tooMuch(soak(7, (round) => ({ files: round === 6 ? 90 : 60 })))).toEqual([]);
});

test('two samples tell no slope', () => {
  expect(() => growths(soak(2, () => ({})))).toThrow('2 samples');
});

test('the slope of a straight line is its slope', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 2, max: 12 }), (slope, start, count) => {
      const points = Array.from({ length: count }, (_, at) => ({ at, value: start + slope * at }));
      expect(slopeOf(points)).toBeCloseTo(slope, 6);
    }),
  );
});
