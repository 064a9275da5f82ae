import { expect, test } from 'vitest';
import { mustGiveWay, rankCandidates } from '../../../daemon/election/elect-coordinator.ts';
import { electionProtocol } from '../../../daemon/election/protocol.ts';
import type { Term } from '../../../src/model/job.ts';
import { factsOf, SmallCluster, TermDisk } from '../../support/small-cluster.ts';

async function settled(...ids: string[]): Promise<SmallCluster> {
  const world = new SmallCluster();
  await world.bootAll(ids);
  await world.clock.advance(3000);
  return world;
}
const sitting = (world: SmallCluster): Term => world.terms()[0] as Term;

test('the longest up goes first, coarsely, then the lower id', () => {
  const minute = 60_000;
  const candidates = [
    { node: 'b', incarnation: 10 * minute + 5, hasRoom: true },
    { node: 'a', incarnation: 10 * minute + 9, hasRoom: true },
    { node: 'c', incarnation: 9 * minute, hasRoom: true },
  ];
  expect(rankCandidates(candidates)).toEqual(['c', 'a', 'b']);
  expect(rankCandidates(candidates.toReversed())).toEqual(['c', 'a', 'b']);
});

test('a full disk goes last, and gives way only to one with room', () => {
  const full = { node: 'a', incarnation: 1, hasRoom: false };
  const free = { node: 'b', incarnation: 2, hasRoom: true };
  expect(rankCandidates([full, free])).toEqual(['b', 'a']);
  expect(mustGiveWay('a', [full, free])).toBe(true);
  expect(mustGiveWay('b', [full, free])).toBe(false);
  expect(mustGiveWay('a', [full, { ...free, hasRoom: false }])).toBe(false);
});

test('three nodes that start together make one coordinator', async () => {
  const world = await settled('a', 'b', 'c');
  expect(world.seats).toEqual([{ number: 1, node: 'a' }]);
  expect(world.agrees()).toBe(true);
});

test('a node alone coordinates itself', async () => {
  const world = await settled('a');
  expect(world.agrees()).toBe(true);
});

test('the first in rank claims at once when the coordinator dies, and a returning node leaves the seat alone', async () => {
  const world = await settled('a', 'b', 'c');
  world.kill('a');
  await world.clock.advance(50);
  expect(world.agrees()).toBe(true);
  expect(sitting(world)).toEqual({ number: 2, node: 'b' });
  await world.boot('a', 2);
  await world.clock.advance(5000);
  expect(world.seats).toHaveLength(2);
  expect(world.agrees()).toBe(true);
});

test('a coordinator whose disk is full gives the seat to one with room, and does not take it back', async () => {
  const world = await settled('a', 'b', 'c');
  const membership = world.nodes.get('a')?.membership;
  membership?.update({ inventory: { ...factsOf('a', 1).inventory, freeDiskBytes: 0 } });
  await world.clock.advance(5000);
  expect(sitting(world)).toEqual({ number: 2, node: 'b' });
  expect(world.agrees()).toBe(true);
  membership?.update({ inventory: factsOf('a', 1).inventory });
  await world.clock.advance(5000);
  expect(world.seats).toHaveLength(2);
  expect(world.agrees()).toBe(true);
});

test('the next in rank claims when the first does not', async () => {
  const world = await settled('a', 'b', 'c');
  (world.disks.get('b') as TermDisk).saveMs = 1e9;
  world.kill('a');
  await world.clock.advance(1000);
  expect(sitting(world)).toEqual({ number: 2, node: 'c' });
});

test('each side of a partition has a coordinator, and the higher term keeps the seat when they meet', async () => {
  const world = await settled('a', 'b', 'c');
  world.network.partition([['a'], ['b', 'c']]);
  await world.clock.advance(10_000);
  expect(world.terms()).toEqual([
    { number: 1, node: 'a' },
    { number: 2, node: 'b' },
    { number: 2, node: 'b' },
  ]);
  world.network.heal();
  await world.clock.advance(2000);
  expect(world.agrees()).toBe(true);
  expect(sitting(world)).toEqual({ number: 2, node: 'b' });
});

test('a broken link between two nodes does not make them outbid each other', async () => {
  const world = await settled('a', 'b', 'c');
  world.network.partition([['a'], ['b']]);
  await world.clock.advance(60_000);
  expect(world.seats).toEqual([{ number: 1, node: 'a' }]);
  expect(world.agrees()).toBe(true);
});

test('a claim is on disk before it is used', async () => {
  const world = new SmallCluster();
  world.disks.set('a', Object.assign(new TermDisk(), { saveMs: 5000 }));
  await world.boot('a');
  await world.clock.advance(4000);
  expect(world.terms()).toEqual([undefined]);
  await world.clock.advance(4000);
  expect(world.terms()).toEqual([{ number: 1, node: 'a' }]);
  expect(world.disks.get('a')?.saved).toEqual({ number: 1, node: 'a' });
});

test('a claim that was outbid while it went to disk is not used', async () => {
  const world = new SmallCluster();
  world.disks.set('a', Object.assign(new TermDisk(), { saveMs: 5000 }));
  await world.boot('a');
  await world.clock.advance(2000);
  world.disks.set('b', Object.assign(new TermDisk(), { saved: { number: 8, node: 'b' } }));
  await world.boot('b');
  await world.clock.advance(20_000);
  expect(world.seats.filter(({ node }) => node === 'a').every(({ number }) => number > 8)).toBe(true);
  expect(world.agrees()).toBe(true);
});

test('a restarted coordinator never uses a term twice', async () => {
  const world = await settled('a');
  for (let life = 2; life < 5; life++) {
    world.kill('a');
    await world.boot('a', life);
    await world.clock.advance(3000);
  }
  expect(world.seats.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
});

test('a coordinator that slept listens before it acts again', async () => {
  const world = await settled('a', 'b', 'c');
  const sleeper = world.nodes.get('a');
  sleeper?.clock.pause();
  for (const peer of ['b', 'c']) world.network.block(peer, 'a');
  await world.clock.advance(10_000);
  sleeper?.clock.resume();
  await world.clock.advance(5);
  expect(sleeper?.election.isMine()).toBe(false);
  world.network.heal();
  await world.clock.advance(3000);
  expect(world.agrees()).toBe(true);
  expect(sitting(world)).toEqual({ number: 2, node: 'b' });
});

test('a node that slept gives its network some seconds to come back before it claims a term of its own', async () => {
  const world = await settled('a', 'b', 'c');
  world.nodes.get('c')?.clock.pause();
  world.network.partition([['a', 'b'], ['c']]);
  await world.clock.advance(20_000);
  world.nodes.get('c')?.clock.resume();
  await world.clock.advance(8000);
  expect(world.nodes.get('c')?.membership.member('a')?.reachability).toBe('unreachable');
  world.network.heal();
  await world.clock.advance(5000);
  expect(world.agrees()).toBe(true);
  expect(world.seats).toEqual([{ number: 1, node: 'a' }]);
});

test('a node that slept and finds nobody coordinates itself', async () => {
  const world = await settled('a', 'b');
  world.nodes.get('b')?.clock.pause();
  await world.clock.advance(20_000);
  world.kill('a');
  world.nodes.get('b')?.clock.resume();
  await world.clock.advance(16_000);
  expect(world.agrees()).toBe(true);
  expect(sitting(world)).toEqual({ number: 2, node: 'b' });
});

test.each([[{ number: 0, node: 'a' }], [{ number: 1.5, node: 'a' }], [{ number: 1, node: '' }], [{ number: 1, node: 'a', more: 1 }]])(
  'the term %j is refused',
  (term) => {
    expect(() => electionProtocol.message.parse({ type: 'term', term })).toThrow();
  },
);
