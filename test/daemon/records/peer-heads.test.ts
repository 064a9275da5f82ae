import { expect, test } from 'vitest';
import { EntryLogs, entryDigest, noPredecessor } from '../../../daemon/records/entry-logs.ts';
import { PeerHeads } from '../../../daemon/records/peer-heads.ts';
import type { Entry } from '../../../src/model/facts.ts';

const own = 'n1/s';
const entry: Entry = { origin: own, sequence: 1, previous: noPredecessor, fact: { type: 'removed', job: 'j', at: 0 } };

function heads(forked: ReadonlySet<string> = new Set()) {
  const logs = new EntryLogs();
  logs.add([entry]);
  return new PeerHeads({ logs, isForked: (origin) => forked.has(origin) });
}

const held = (sequence: number, digest: string, whole = true) => ({ host: 'h2', whole, heads: [{ origin: own, sequence, digest }] });
const first = new Map([[own, 1]]);

test('a peer that has the entry counts as a copy, until it is forgotten', () => {
  const known = heads();
  expect(known.record('n2', held(1, entryDigest(entry)), own)).toEqual({ hasMore: false, forks: [], knowsOwnBetter: false });
  expect([...known.hostsHolding(first)]).toEqual(['h2']);
  known.forget('n2');
  expect([...known.hostsHolding(first)]).toEqual([]);
});

test('a peer with another entry in its place is no copy and a fork', () => {
  const known = heads();
  expect(known.record('n2', held(1, 'b'.repeat(64)), own)).toMatchObject({ knowsOwnBetter: true, forks: [{ origin: own, sequence: 1 }] });
  expect([...known.hostsHolding(first)]).toEqual([]);
});

test('a peer that holds our own log further than we do is no copy', () => {
  const known = heads();
  expect(known.record('n2', held(5, 'b'.repeat(64)), own)).toMatchObject({ knowsOwnBetter: true, forks: [], hasMore: false });
  expect([...known.hostsHolding(first)]).toEqual([]);
});

test('nor is one that holds further what was our own log, until what it has is here too', () => {
  const known = heads();
  known.gaveUp(own);
  const next: Entry = { ...entry, sequence: 2, previous: entryDigest(entry) };
  expect(known.record('n2', held(2, entryDigest(next)), 'n1/new')).toMatchObject({ hasMore: true, forks: [] });
  expect([...known.hostsHolding(first)]).toEqual([]);
  expect(known.record('n3', held(1, entryDigest(entry)), 'n1/new')).toMatchObject({ hasMore: false });
  expect(known.sequence('n3', own)).toBe(1);
  const logs = new EntryLogs();
  logs.add([entry, next]);
  const whole = new PeerHeads({ logs, isForked: () => false });
  whole.gaveUp(own);
  whole.record('n2', held(2, entryDigest(next)), 'n1/new');
  expect([...whole.hostsHolding(first)]).toEqual(['h2']);
});

test('part of the heads says nothing before all of them were told', () => {
  const known = heads();
  known.record('n2', held(1, entryDigest(entry), false), own);
  expect([known.hasTold('n2'), known.sequence('n2', own), [...known.hostsHolding(first)]]).toEqual([false, undefined, []]);
});

test('all heads told anew replace what was told before', () => {
  const known = heads();
  known.record('n2', held(1, entryDigest(entry)), own);
  known.record('n2', { host: 'h2', whole: true, heads: [] }, own);
  expect(known.sequence('n2', own)).toBe(0);
});

test('a peer that sent an entry holds it, unless its log is a fork or the entry is not here', () => {
  const known = heads();
  known.record('n2', { host: 'h2', whole: true, heads: [] }, own);
  known.gave('n2', [entry], new Set([own]));
  known.gave('n2', [{ ...entry, sequence: 2 }], new Set());
  expect([...known.hostsHolding(first)]).toEqual([]);
  known.gave('n2', [entry], new Set());
  expect([...known.hostsHolding(first)]).toEqual(['h2']);
  known.gave('n9', [entry], new Set());
  expect(known.hasTold('n9')).toBe(false);
});

test('a longer log of a forked origin is no copy of ours; one that is ours is', () => {
  const known = heads(new Set([own]));
  known.record('n2', held(2, 'b'.repeat(64)), 'n9/s');
  expect([known.sequence('n2', own), [...known.hostsHolding(first)], known.unlike('n2')]).toEqual([0, [], held(2, 'b'.repeat(64)).heads]);
  known.record('n3', held(1, entryDigest(entry)), 'n9/s');
  expect([[...known.hostsHolding(first)], known.unlike('n3')]).toEqual([['h2'], []]);
});
