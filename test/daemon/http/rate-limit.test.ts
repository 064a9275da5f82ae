import { expect, test } from 'vitest';
import { RateLimit } from '../../../daemon/http/rate-limit.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

test('a burst passes at once, then so many a second', async () => {
  const clock = new VirtualClock();
  const limit = new RateLimit({ burst: 3, perSecond: 2 }, { clock });
  const passed = (asked: number): number => Array.from({ length: asked }, () => limit.take('a')).filter(Boolean).length;
  expect(passed(10)).toBe(3);
  await clock.advance(1000);
  expect(passed(10)).toBe(2);
  await clock.advance(3_600_000);
  expect(passed(10)).toBe(3);
});

test('one caller does not use up another’s', () => {
  const limit = new RateLimit({ burst: 1, perSecond: 1 }, { clock: new VirtualClock() });
  expect([limit.take('a'), limit.take('a'), limit.take('b')]).toEqual([true, false, true]);
});

test('a flood of callers is forgotten, the oldest first', () => {
  const limit = new RateLimit({ burst: 1, perSecond: 0.001 }, { clock: new VirtualClock() });
  limit.take('first');
  for (let number = 0; number < 1023; number += 1) limit.take(`${number}`);
  expect(limit.take('first')).toBe(false);
  // Asked for a moment ago, it is now the latest.
  for (let number = 0; number < 1024; number += 1) limit.take(`more ${number}`);
  expect(limit.take('first')).toBe(true);
});
