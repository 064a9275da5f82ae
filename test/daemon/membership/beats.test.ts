/** Membership with heartbeats of a thread of their own: what stops, loses and delays them, and what must not matter. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BeatWorld } from '../../support/beat-world.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { SmallCluster } from '../../support/small-cluster.ts';

const ids = ['a', 'b', 'c'];

async function cluster(seed = 1) {
  const world = new SmallCluster(seed);
  world.beatWorld = new BeatWorld(world.clock, seededRandomness(seed));
  await world.bootAll(ids);
  for (const { membership } of world.nodes.values()) membership.setPace('busy');
  await world.clock.advance(3000);
  /** Every change of what anybody thinks of anybody, but the first. */
  const changes: string[] = [];
  const slept: string[] = [];
  for (const [id, { membership }] of world.nodes) {
    membership.onChange(({ member, before }) => {
      if (member.reachability !== before) changes.push(`${id}: ${member.facts.id} ${member.reachability}`);
    });
    membership.onSleep(() => slept.push(id));
  }
  const lost = () => changes.filter((line) => line.endsWith('unreachable'));
  const state = (of: string, by: string) => world.nodes.get(by)?.membership.member(of)?.reachability;
  return { world, beats: world.beatWorld, changes, slept, lost, state };
}

test('once beats get through, messages hardly carry any', async () => {
  const { world } = await cluster();
  const before = world.network.counts.delivered;
  await world.clock.advance(10_000);
  // Six pairs, forty beats each; one in twenty goes by message too.
  expect(world.network.counts.delivered - before).toBeLessThanOrEqual(6 * 3);
});

test('a main loop that stands still for four seconds is neither lost nor loses others nor its seat', async () => {
  const { world, changes, slept, state } = await cluster();
  world.nodes.get('c')?.clock.pause();
  await world.clock.advance(4000);
  world.nodes.get('c')?.clock.resume();
  await world.clock.advance(5000);
  expect([changes, slept]).toEqual([[], []]);
  expect(state('c', 'a')).toBe('alive');
});

test('when it wakes it knows who was lost meanwhile', async () => {
  const { world, state } = await cluster();
  world.nodes.get('c')?.clock.pause();
  await world.clock.advance(500);
  world.stop('b');
  await world.clock.advance(3500);
  world.nodes.get('c')?.clock.resume();
  await world.clock.advance(20);
  expect([state('a', 'c'), state('b', 'c')]).toEqual(['alive', 'unreachable']);
});

test('a main loop that does not come back is dead after ten seconds, though its beats go on', async () => {
  const { world, state } = await cluster();
  world.nodes.get('c')?.clock.pause();
  await world.clock.advance(9000);
  expect(state('c', 'a')).toBe('suspect');
  await world.clock.advance(2500);
  expect([state('c', 'a'), state('c', 'b')]).toEqual(['unreachable', 'unreachable']);
  world.nodes.get('c')?.clock.resume();
  await world.clock.advance(600);
  expect([state('c', 'a'), state('c', 'b')]).toEqual(['alive', 'alive']);
});

test('a stopped process is lost in two seconds, and knows when it goes on that it was away', async () => {
  const { world, state, slept } = await cluster();
  world.stop('c');
  await world.clock.advance(2000);
  expect(state('c', 'a')).toBe('unreachable');
  await world.clock.advance(18_000);
  world.continue('c');
  await world.clock.advance(1000);
  expect(slept).toEqual(['c']);
  expect([state('c', 'a'), state('a', 'c'), state('b', 'c')]).toEqual(['alive', 'alive', 'alive']);
});

test('a process stopped in short beats is not lost, and loses nobody', async () => {
  const { world, lost, slept } = await cluster();
  for (let beat = 0; beat < 30; beat += 1) {
    world.stop('c');
    await world.clock.advance(300);
    world.continue('c');
    await world.clock.advance(300);
  }
  expect([lost(), slept]).toEqual([[], []]);
});

test('where beats do not get through, or in one direction only, messages carry them', async () => {
  const { world, beats, lost, state } = await cluster();
  const carry = beats.carry.bind(beats);
  beats.carry = (from, packet, to) => (from === 3 ? undefined : carry(from, packet, to));
  await world.clock.advance(10_000);
  beats.faults = { loss: 1, delayMs: 0, jitterMs: 0 };
  await world.clock.advance(10_000);
  expect(lost()).toEqual([]);
  world.stop('c');
  await world.clock.advance(2200);
  expect(state('c', 'a')).toBe('unreachable');
});

test('nobody is lost in ten minutes with a tenth of the beats lost and the others 100 ms late, give or take 80', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(1000), async (seed) => {
      const { world, beats, lost } = await cluster(seed + 1);
      beats.faults = { loss: 0.1, delayMs: 100, jitterMs: 80 };
      await world.clock.advance(600_000);
      expect(lost()).toEqual([]);
    }),
    { numRuns: 2 },
  );
}, 30_000);

test('at the slow pace of idle nodes nobody is lost in two hours of the same weather, and hardly anybody suspected', async () => {
  const { world, beats, changes, lost } = await cluster();
  for (const { membership } of world.nodes.values()) membership.setPace('idle');
  await world.clock.advance(9000);
  beats.faults = { loss: 0.1, delayMs: 100, jitterMs: 80 };
  await world.clock.advance(7_200_000);
  expect(lost()).toEqual([]);
  // Of 21,600 beats.
  expect(changes.filter((line) => line.endsWith('suspect')).length).toBeLessThan(10);
}, 30_000);

test('losses are found in time through the same weather', async () => {
  const { world, beats, state } = await cluster();
  beats.faults = { loss: 0.1, delayMs: 100, jitterMs: 80 };
  await world.clock.advance(10_000);
  world.stop('b');
  await world.clock.advance(2500);
  expect([state('b', 'a'), state('b', 'c')]).toEqual(['unreachable', 'unreachable']);
});

test('an idle node is given more patience, and a pace that changes is no silence', async () => {
  const { world, lost, state } = await cluster();
  for (const pace of ['idle', 'busy', 'idle'] as const) {
    for (const { membership } of world.nodes.values()) membership.setPace(pace);
    await world.clock.advance(9000);
  }
  expect(lost()).toEqual([]);
  world.stop('c');
  await world.clock.advance(3500);
  expect(state('c', 'a')).toBe('alive');
  await world.clock.advance(5000);
  expect(state('c', 'a')).toBe('unreachable');
});
