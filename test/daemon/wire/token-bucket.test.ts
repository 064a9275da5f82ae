import { expect, test } from 'vitest';
import { TokenBucket } from '../../../daemon/wire/token-bucket.ts';

test('a burst is free, what comes beyond it is owed, and time pays', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 20 }, 1_000);
  expect(bucket.take(20, 1_000)).toBe(0);
  expect(bucket.owedMs(1_000)).toBe(0);
  expect(bucket.take(5, 1_000)).toBe(-5);
  expect(bucket.owedMs(1_000)).toBe(500);
  expect(bucket.owedMs(1_400)).toBe(100);
  expect(bucket.take(1, 1_600)).toBeCloseTo(0);
});

test('no quiet time saves up more than a burst', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 20 }, 0);
  expect(bucket.isFull(1_000_000)).toBe(true);
  expect(bucket.take(21, 1_000_000)).toBe(-1);
  expect(bucket.isFull(1_000_050)).toBe(false);
});

test('a clock that stands still pays nothing', () => {
  const bucket = new TokenBucket({ perSecond: 1_000, burst: 1 }, 5);
  bucket.take(2, 5);
  expect(bucket.take(0, 5)).toBe(-1);
});
