import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MemberRecord, newerRecord } from '../../../daemon/membership/member-record.ts';
import { Patience } from '../../../daemon/membership/patience.ts';
import { batches, membershipProtocol, recordsPerMessage } from '../../../daemon/membership/protocol.ts';
import { judgeLoop, judgeSilence, majoritySees, type Silence, worse } from '../../../daemon/membership/suspicion.ts';
import { watchersOf } from '../../../daemon/membership/watchers.ts';
import { witnessedFrom } from '../../../daemon/membership/witnesses.ts';
import { factsOf } from '../../support/small-cluster.ts';

const record = (incarnation: number, revision: number, left = false): MemberRecord => ({
  facts: { ...factsOf('x', incarnation), revision },
  left,
  sees: [],
  watchers: [],
});
const version = (one: MemberRecord) => [one.facts.incarnation, one.left, one.facts.revision];

test('the newest record wins whatever the order and repetition in which records arrive', () => {
  const arbitrary = fc.tuple(fc.nat(3), fc.nat(3), fc.boolean()).map(([incarnation, revision, left]) => record(incarnation, revision, left));
  fc.assert(
    fc.property(fc.array(arbitrary, { minLength: 1 }), fc.array(fc.nat()), (told, order) => {
      const merge = (records: readonly MemberRecord[]) => records.reduce<MemberRecord | undefined>(newerRecord, undefined) as MemberRecord;
      const shuffled = told.map((one, place) => ({ one, key: order[place] ?? 0 })).sort((a, b) => a.key - b.key);
      expect(version(merge([...shuffled.map(({ one }) => one), ...told]))).toEqual(version(merge(told)));
    }),
  );
});

test('silence is judged by what was promised', () => {
  expect([900, 1100, 1600].map((ms) => judgeSilence(ms, 250))).toEqual(['alive', 'suspect', 'unreachable']);
  expect([3900, 4100, 5900, 6100].map((ms) => judgeSilence(ms, 2000))).toEqual(['alive', 'suspect', 'suspect', 'unreachable']);
  expect(judgeSilence(3900, 1000)).toBe('alive');
});

test('more silence, a shorter promise or a longer standstill never make anybody livelier, more patience never deader', () => {
  const ms = fc.nat(30_000);
  const rank = (silence: Silence) => ['alive', 'suspect', 'unreachable'].indexOf(silence);
  fc.assert(
    fc.property(ms, ms, fc.integer({ min: 1, max: 10_000 }), fc.nat(5_000), (one, other, interval, slack) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      expect(rank(judgeSilence(more, interval))).toBeGreaterThanOrEqual(rank(judgeSilence(less, interval)));
      expect(rank(judgeSilence(one, interval + slack))).toBeLessThanOrEqual(rank(judgeSilence(one, interval)));
      expect(rank(judgeSilence(one, interval, slack))).toBeLessThanOrEqual(rank(judgeSilence(one, interval)));
      expect(rank(judgeLoop(more))).toBeGreaterThanOrEqual(rank(judgeLoop(less)));
      expect(rank(worse(judgeSilence(one, interval), judgeLoop(other)))).toBe(Math.max(rank(judgeSilence(one, interval)), rank(judgeLoop(other))));
    }),
  );
});

test('whatever a watcher’s own lateness, a real loss is found within six seconds of the busy pace', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3_600_000), fc.nat(9_000))), (late) => {
      const patience = new Patience();
      let now = 0;
      for (const [lateMs, passedMs] of late) {
        now += passedMs;
        patience.late(lateMs, now);
      }
      expect(judgeSilence(5_000, 250, patience.slackMs(now))).toBe('unreachable');
      expect(patience.slackMs(now + 10_000)).toBe(0);
    }),
  );
});

test('lateness adds to patience for ten seconds, the largest of them', () => {
  const patience = new Patience();
  patience.late(30, 0);
  expect(patience.slackMs(0)).toBe(0);
  patience.late(700, 0);
  patience.late(300, 5_000);
  expect([patience.slackMs(9_999), patience.slackMs(10_000), patience.slackMs(15_000)]).toEqual([700, 300, 0]);
});

test('watchers decide by majority, and a tie is no death', () => {
  expect(majoritySees([])).toBe(true);
  expect(majoritySees([true, false])).toBe(true);
  expect(majoritySees([true, false, false])).toBe(false);
});

test('a small cluster is watched by all, a large one by five on the ring that everybody computes alike', () => {
  const ids = Array.from({ length: 15 }, (_, index) => `n${index}`);
  expect(watchersOf('me', ids)).toEqual(ids);
  const many = [...ids, 'n15', 'n16'];
  expect(watchersOf('me', many)).toHaveLength(5);
  expect(watchersOf('me', many.toReversed())).toEqual(watchersOf('me', many));
});

test('two dead nodes do not keep each other alive', () => {
  const sees: Record<string, string[]> = { a: ['b'], b: ['a', 'c'], dead: ['gone'], gone: ['dead'] };
  expect([...witnessedFrom(['a'], (id) => sees[id] ?? [])].sort()).toEqual(['a', 'b', 'c']);
});

test('records are split into batches that the protocol takes', () => {
  const many = Array.from({ length: 200 }, (_, index) => ({ ...record(1, index), sees: Array.from({ length: 500 }, (__, peer) => `peer-${peer}`) }));
  const split = batches(many);
  expect(split.flat()).toEqual(many);
  for (const records of split) {
    expect(records.length).toBeLessThanOrEqual(recordsPerMessage);
    expect(JSON.stringify(membershipProtocol.message.parse({ type: 'news', records })).length).toBeLessThan(membershipProtocol.maximumBytes);
  }
});

test.each([
  ['a negative interval', { type: 'beat', intervalMs: -1 }],
  ['a term that is not a number', { type: 'beat', intervalMs: 250, term: { number: Number.NaN, node: 'a' } }],
  ['a term beyond all counting', { type: 'beat', intervalMs: 250, term: { number: 2 ** 60, node: 'a' } }],
  ['a member nobody knows', { type: 'beat', intervalMs: 250, extra: 1 }],
  ['a giant name', { type: 'news', records: [{ ...record(1, 1), facts: { ...record(1, 1).facts, name: 'x'.repeat(1e5) } }] }],
  [
    'a negative memory',
    { type: 'news', records: [{ ...record(1, 1), facts: { ...record(1, 1).facts, inventory: { ...record(1, 1).facts.inventory, memoryBytes: -1 } } }] },
  ],
  ['too many records', { type: 'news', records: Array.from({ length: 65 }, () => record(1, 1)) }],
])('%s is refused', (_, message) => {
  expect(() => membershipProtocol.message.parse(message)).toThrow();
});
