import { expect, test } from 'vitest';
import type { Ask } from '../../../daemon/election/protocol.ts';
import { VotingSeat } from '../../../daemon/election/voting-seat.ts';
import { createMemoryNetwork } from '../../../daemon/network/memory-network.ts';
import type { Seat } from '../../../src/model/voters.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const term = { number: 3, node: 'a' };
/** As it comes from the wire: never the same object twice. */
const ask = (): Ask => ({ type: 'ask', term: { ...term }, voters: { number: 2, term: { ...term }, voters: [{ node: 'b', store: 'first' }] } });

async function seated(seat: Seat = {}, store = 'first') {
  const disk = { seat, store, saves: 0, full: false, stale: false, inDoubt: false };
  const clock = new VirtualClock();
  const memory = {
    seat: () => disk.seat,
    saveSeat: async (next: Seat) => {
      if (disk.full) throw new Error('no room');
      Object.assign(disk, { seat: next, saves: disk.saves + 1, inDoubt: false });
    },
    isSeatInDoubt: () => disk.inDoubt,
    storeId: () => disk.store,
    renewStore: async () => {
      if (!disk.full) Object.assign(disk, { store: 'renewed', stale: false });
    },
    isStale: () => disk.stale,
    heard: () => Promise.resolve(),
  };
  const messenger = createMemoryNetwork({ clock, randomness: seededRandomness(1) }).join('b');
  const voter = new VotingSeat({ self: 'b', leaseMs: 3000 }, { memory: memory as never, clock, messenger });
  voter.start();
  await clock.advance(4000);
  return { voter, disk, clock };
}

test('a renewal that says nothing new costs no write, and is given though the disk takes none', async () => {
  const { voter, disk } = await seated();
  expect(await voter.ask(ask())).toMatchObject({ type: 'granted' });
  expect(disk.saves).toBe(1);
  disk.full = true;
  expect(await voter.ask(ask())).toMatchObject({ type: 'granted' });
  expect(disk.saves).toBe(1);
});

test('the only voter lists itself anew when its store is another one; one of several does not', async () => {
  const list = (...nodes: string[]) => ({ number: 4, term: { number: 2, node: 'b' }, voters: nodes.map((node) => ({ node, store: 'first' })) });
  const { voter, disk } = await seated({ voters: list('b') }, 'second');
  const relisted = { ...list(), number: 5, voters: [{ node: 'b', store: 'second' }] };
  expect(await voter.ask({ type: 'ask', term })).toEqual({ type: 'granted', store: 'second', voters: relisted });
  expect(disk.seat.voters).toEqual(relisted);
  const { voter: one } = await seated({ voters: list('b', 'c') }, 'second');
  expect(await one.ask({ type: 'ask', term })).toEqual({ type: 'granted', store: 'second', voters: list('b', 'c') });
});

test('a voter of which others remember more than it does votes only under another store id', async () => {
  const { voter, disk } = await seated({ granted: { number: 2, node: 'a' } });
  voter.promises.hear({ type: 'promised', node: 'b', store: 'another', term: { number: 9, node: 'c' } });
  voter.promises.hear({ type: 'promised', node: 'c', store: 'first', term: { number: 9, node: 'c' } });
  voter.promises.hear({ type: 'promised', node: 'b', store: 'first', term: { number: 2, node: 'a' } });
  expect(await voter.ask({ type: 'ask', term })).toMatchObject({ type: 'granted', store: 'first' });
  voter.promises.hear({ type: 'promised', node: 'b', store: 'first', term: { number: 9, node: 'c' } });
  disk.full = true;
  expect(await voter.ask({ type: 'ask', term: { number: 4, node: 'a' } })).toMatchObject({ type: 'refused', reason: 'not-ready' });
  disk.full = false;
  expect(await voter.ask({ type: 'ask', term: { number: 4, node: 'a' } })).toMatchObject({ type: 'granted', store: 'renewed' });
});

test('a voter whose store is in doubt promises nothing under its id', async () => {
  const { voter, disk } = await seated();
  Object.assign(disk, { stale: true, full: true });
  expect(await voter.ask(ask())).toMatchObject({ type: 'refused', reason: 'not-ready' });
  expect(disk.saves).toBe(0);
  disk.full = false;
  expect(await voter.ask(ask())).toMatchObject({ type: 'granted', store: 'renewed' });
});

test('a voter whose last promise may be on the disk renews another one only once that is surely there, under the same id', async () => {
  const { voter, disk } = await seated();
  expect(await voter.ask(ask())).toMatchObject({ type: 'granted' });
  Object.assign(disk, { inDoubt: true, full: true });
  await expect(voter.ask(ask())).rejects.toThrow('no room');
  disk.full = false;
  expect(await voter.ask(ask())).toMatchObject({ type: 'granted', store: 'first' });
  expect([disk.saves, disk.inDoubt]).toEqual([2, false]);
});
