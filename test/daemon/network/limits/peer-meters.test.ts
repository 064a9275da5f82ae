import { expect, test } from 'vitest';
import { PeerMeters } from '../../../../daemon/network/limits/peer-meters.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const limits = { messages: { perSecond: 10, burst: 20 }, bytes: { perSecond: 1_000, burst: 5_000 }, requests: 2 };

function meters() {
  const clock = new VirtualClock();
  const all = new PeerMeters({ clock }, () => limits);
  const say = (times: number, bytes = 1) => Array.from({ length: times }, () => all.take('peer', '/a/1', bytes));
  return { clock, all, say };
}

test('beyond a burst the sender has to wait, beyond a second one its frames are dropped, and one that goes on is cut', async () => {
  const { clock, all, say } = meters();
  expect(new Set(say(20))).toEqual(new Set(['pass']));
  expect(all.owedMs('peer', '/a/1')).toBe(0);
  expect(new Set(say(20))).toEqual(new Set(['pass']));
  expect(all.owedMs('peer', '/a/1')).toBe(2_000);
  expect(say(3)).toEqual(['drop', 'drop', 'drop']);
  expect(all.dropped).toBe(3);
  // It never lets the debt fall below the second burst.
  for (let tenth = 0; tenth < 20; tenth += 1) {
    await clock.advance(100);
    expect(say(3)).not.toContain('cut');
  }
  await clock.advance(100);
  expect(say(3)).toContain('cut');
});

test('large frames are counted by their bytes', () => {
  const { all, say } = meters();
  expect(say(5, 2_000)).toEqual(['pass', 'pass', 'pass', 'pass', 'pass']);
  expect(all.owedMs('peer', '/a/1')).toBe(5_000);
  expect(say(1, 2_000)).toEqual(['drop']);
});

test('a flood within one moment is cut, too', () => {
  const { say } = meters();
  expect(say(2_000)).toContain('cut');
});

test('peers and protocols are counted by themselves, and who waits is clear again', async () => {
  const { clock, all, say } = meters();
  say(45);
  expect(all.take('other', '/a/1', 1)).toBe('pass');
  expect(all.take('peer', '/b/1', 1)).toBe('pass');
  expect(all.owedMs('other', '/a/1')).toBe(0);
  expect(all.owedMs('peer', '/none/1')).toBe(0);
  await clock.advance(4_000);
  expect(all.owedMs('peer', '/a/1')).toBe(0);
  expect(say(10)).not.toContain('drop');
});

test('only so many requests of a peer are at work on a protocol', () => {
  const { all } = meters();
  expect([all.begin('peer', '/a/1'), all.begin('peer', '/a/1'), all.begin('peer', '/a/1')]).toEqual([true, true, false]);
  expect(all.begin('peer', '/b/1')).toBe(true);
  all.answered('peer', '/a/1');
  expect(all.begin('peer', '/a/1')).toBe(true);
});
