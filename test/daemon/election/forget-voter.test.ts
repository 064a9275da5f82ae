/** Voters that an admin says will not return. */
import { expect, test } from 'vitest';
import { SmallCluster } from '../../support/small-cluster.ts';

async function founded(...ids: string[]): Promise<SmallCluster> {
  const world = new SmallCluster();
  const booted = world.bootAll(ids, ids[0]);
  await world.clock.advance(100);
  await booted;
  for (const { election } of world.nodes.values()) election.setPace('busy');
  await world.clock.advance(20_000);
  return world;
}

const election = (world: SmallCluster) => {
  const node = world.nodes.get('a');
  if (node === undefined) throw new Error('a does not run');
  return node.election;
};

async function forget(world: SmallCluster, id: string): Promise<unknown> {
  const answer = election(world)
    .forget(id)
    .catch((error: unknown) => error);
  await world.clock.advance(5_000);
  return answer;
}

test('a second one is not forgotten without a majority before the first is by most of the rest', async () => {
  const world = await founded('a', 'b', 'c');
  world.kill('b');
  world.kill('c');
  await world.clock.advance(20_000);
  expect(await forget(world, 'b')).toMatchObject({ forced: true, voters: [{ node: 'a' }, { node: 'c' }] });
  expect(await forget(world, 'c')).toMatchObject({ code: 'not-acknowledged' });
  expect(election(world).quorate()).toBe(false);
  // Nor by who starts anew.
  world.kill('a');
  await world.boot('a', 2);
  await world.clock.advance(10_000);
  expect(await forget(world, 'c')).toMatchObject({ code: 'not-acknowledged' });
  // With the other one back it is known to most.
  await world.boot('c', 2);
  for (const node of world.nodes.values()) node.election.setPace('busy');
  await world.clock.advance(20_000);
  expect(election(world).voters()).toMatchObject({ voters: [{ node: 'a' }, { node: 'c' }] });
  expect(election(world).voters()).not.toHaveProperty('forced');
  world.kill('c');
  await world.clock.advance(20_000);
  if (!election(world).isMine()) throw new Error('a does not coordinate');
  expect(await forget(world, 'c')).toMatchObject({ voters: [{ node: 'a' }] });
  await world.clock.advance(2_000);
  expect(election(world).quorate()).toBe(true);
});

test('an idle cluster that has a majority forgets in order', async () => {
  const world = await founded('a', 'b', 'c');
  for (const { election: one } of world.nodes.values()) one.setPace('idle');
  world.kill('c');
  await world.clock.runUntil(() => world.nodes.get('a')?.membership.member('c')?.reachability === 'unreachable', 60_000);
  await world.clock.runUntil(() => !election(world).quorate(), 60_000);
  const answer = election(world).forget('c');
  await world.clock.advance(5_000);
  expect(await answer).not.toHaveProperty('forced');
  expect(await answer).toMatchObject({ voters: [{ node: 'a' }, { node: 'b' }] });
});
