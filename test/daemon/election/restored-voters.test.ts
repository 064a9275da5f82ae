/** Voters whose disk was set back to an older copy. */
import { expect, test } from 'vitest';
import { SmallCluster, type TermDisk } from '../../support/small-cluster.ts';

const quorate = (world: SmallCluster): string[] => [...world.nodes.values()].filter(({ election }) => election.quorate()).map(({ id }) => id);
const voters = (world: SmallCluster, id: string) => world.nodes.get(id)?.election.voters();

test('a voter set back to a backup is told of what it granted since, by whoever heard of it, and is listed anew', async () => {
  const world = new SmallCluster();
  const booted = world.bootAll(['a', 'b', 'c', 'd'], 'a');
  await world.clock.advance(100);
  await booted;
  for (const { election } of world.nodes.values()) election.setPace('busy');
  await world.clock.advance(12_000);
  const disk = world.disks.get('c') as TermDisk;
  const backup = structuredClone({ seat: disk.seat, saved: disk.saved });
  world.kill('a');
  await world.clock.advance(10_000);
  expect(quorate(world)).toEqual(['b']);
  world.kill('c');
  Object.assign(disk, backup);
  // Of those who remember only d, which is no voter, is there.
  world.kill('b');
  await world.boot('c', 2);
  await world.boot('a', 2);
  await world.clock.advance(20_000);
  expect(disk.store).toBe('first renewed');
  await world.boot('b', 2);
  for (const { election } of world.nodes.values()) election.setPace('busy');
  await world.clock.advance(40_000);
  expect(quorate(world)).toHaveLength(1);
  expect(voters(world, 'd')?.voters.find(({ node }) => node === 'c')?.store).not.toBe('first');
});

test('a founder with a disk from before the others joined takes their list when they meet, and they do not take its own', async () => {
  const world = new SmallCluster();
  const booted = world.bootAll(['a'], 'a');
  await world.clock.advance(5_000);
  await booted;
  const disk = world.disks.get('a') as TermDisk;
  const backup = structuredClone({ seat: disk.seat, saved: disk.saved });
  for (const id of ['b', 'c']) await world.boot(id, 2);
  await world.clock.advance(20_000);
  expect(voters(world, 'c')?.voters).toHaveLength(3);
  for (const id of ['a', 'b', 'c']) world.kill(id);
  Object.assign(disk, backup);
  await world.boot('a', 3);
  await world.clock.advance(10_000);
  expect(voters(world, 'a')).toMatchObject({ term: { number: 2 }, voters: [{ node: 'a' }] });
  for (const id of ['b', 'c']) await world.boot(id, 4);
  for (const { election } of world.nodes.values()) election.setPace('busy');
  for (let step = 0; step < 100; step += 1) {
    await world.clock.advance(200);
    for (const id of ['b', 'c']) expect(voters(world, id)?.voters).toHaveLength(3);
  }
  expect(voters(world, 'a')).toEqual(voters(world, 'b'));
  expect(quorate(world)).toHaveLength(1);
});

test('a founder set back to when it was the only voter, with a full disk, gives way to the others when they meet', async () => {
  const world = new SmallCluster();
  const booted = world.bootAll(['a'], 'a');
  await world.clock.advance(5_000);
  await booted;
  const disk = world.disks.get('a') as TermDisk;
  const backup = structuredClone({ seat: disk.seat, saved: disk.saved });
  for (const id of ['b', 'c']) await world.boot(id, 2);
  await world.clock.advance(20_000);
  for (const id of ['a', 'b', 'c']) world.kill(id);
  Object.assign(disk, backup);
  world.network.partition([['a'], ['b', 'c']]);
  await world.boot('a', 3);
  for (const id of ['b', 'c']) await world.boot(id, 4);
  for (const { election } of world.nodes.values()) election.setPace('busy');
  await world.clock.advance(30_000);
  // It cannot know better.
  expect(quorate(world)).toEqual(['a', 'b']);
  disk.full = true;
  world.network.heal();
  await world.clock.advance(3_000);
  expect(quorate(world)).toEqual(['b']);
  disk.full = false;
  await world.clock.advance(20_000);
  expect(quorate(world)).toEqual(['b']);
  expect(voters(world, 'a')).toEqual(voters(world, 'b'));
});
