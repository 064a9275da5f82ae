/** Terms that voters grant and renew. */
import { describe, expect, test } from 'vitest';
import type { Term } from '../../../src/model/job.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { SmallCluster, type TermDisk } from '../../support/small-cluster.ts';

const sitting = (world: SmallCluster): Term => world.terms()[0] as Term;

describe('with voters', () => {
  const quorate = (world: SmallCluster): string[] => [...world.nodes.values()].filter(({ election }) => election.quorate()).map(({ id }) => id);
  const voters = (world: SmallCluster, id: string) => world.nodes.get(id)?.election.voters();

  async function founded(...ids: string[]): Promise<SmallCluster> {
    const world = new SmallCluster();
    const booted = world.bootAll(ids, 'a');
    await world.clock.advance(100);
    await booted;
    for (const { election } of world.nodes.values()) election.setPace('busy');
    await world.clock.advance(12_000);
    return world;
  }

  test('a founder is quorate alone', async () => {
    const world = await founded('a');
    expect(quorate(world)).toEqual(['a']);
    expect(voters(world, 'a')).toMatchObject({ number: 1, voters: [{ node: 'a', store: 'first' }] });
    expect(world.nodes.get('a')?.election.standing()).toEqual({ quorate: true, reachable: 1, voters: 1 });
  });

  test('a coordinator never says that it does not reach itself, and is quorate only once its own disk has granted the term', async () => {
    const world = await founded('a', 'b', 'c');
    for (const id of ['a', 'b', 'c']) world.kill(id);
    const disk = world.disks.get('b') as TermDisk;
    await world.boot('b', 2);
    const election = world.nodes.get('b')?.election;
    disk.saveMs = 500;
    await world.clock.runUntil(() => election?.isMine() === true, 10_000);
    expect(disk.seat.granted).not.toEqual(election?.current());
    expect(election?.standing()).toEqual({ quorate: false, reachable: 1, voters: 3 });
    const alone = await founded('a');
    alone.kill('a');
    (alone.disks.get('a') as TermDisk).saveMs = 500;
    await alone.boot('a', 2);
    const only = alone.nodes.get('a')?.election;
    await alone.clock.runUntil(() => only?.isMine() === true, 10_000);
    expect(only?.standing()).toEqual({ quorate: false, reachable: 1, voters: 1 });
    expect(only?.quorate()).toBe(false);
    only?.setPace('busy');
    await alone.clock.advance(5_000);
    expect(only?.quorate()).toBe(true);
  });

  test('lasting machines become voters one at a time, and every node knows them', async () => {
    const world = await founded('a', 'b', 'c');
    for (const id of ['a', 'b', 'c']) expect(voters(world, id)).toMatchObject({ number: 5, voters: [{ node: 'a' }, { node: 'b' }, { node: 'c' }] });
    expect(quorate(world)).toEqual(['a']);
    for (const { election } of world.nodes.values()) expect(election.standing()).toEqual({ quorate: true, reachable: 3, voters: 3 });
  });

  test('without a founder every term is degraded, and somebody coordinates all the same', async () => {
    const world = new SmallCluster();
    await world.bootAll(['a', 'b']);
    await world.clock.advance(3000);
    expect(world.agrees()).toBe(true);
    expect(quorate(world)).toEqual([]);
    expect(world.nodes.get('b')?.election.standing()).toEqual({ quorate: false, reachable: 0, voters: 0 });
  });

  test('the majority of a partition becomes quorate once nobody can rely on the old term; never two at a time', async () => {
    const world = await founded('a', 'b', 'c');
    world.network.partition([['a'], ['b', 'c']]);
    const seen: string[] = [];
    for (let step = 0; step < 200; step += 1) {
      await world.clock.advance(50);
      expect(quorate(world).length).toBeLessThan(2);
      seen.push(...quorate(world));
    }
    expect(new Set(seen)).toEqual(new Set(['a', 'b']));
    expect(quorate(world)).toEqual(['b']);
    expect(world.nodes.get('a')?.election.standing()).toEqual({ quorate: false, reachable: 1, voters: 3 });
  });

  test('a quorate coordinator keeps its seat when a side with a higher term comes back', async () => {
    const world = await founded('a', 'b', 'c');
    world.network.partition([['a', 'b'], ['c']]);
    await world.clock.advance(5000);
    world.kill('c');
    await world.boot('c', 2);
    await world.clock.advance(5000);
    world.network.partition([['a', 'b'], ['c']]);
    await world.clock.advance(10_000);
    expect(world.nodes.get('c')?.election.current()).toMatchObject({ node: 'c' });
    expect(world.nodes.get('c')?.election.current()?.number).toBeGreaterThan(1);
    world.network.heal();
    await world.clock.advance(5000);
    expect(sitting(world).node).toBe('a');
    expect(world.agrees()).toBe(true);
    expect(quorate(world)).toEqual(['a']);
  });

  test('two machines without each other go on, degraded; together again they are quorate', async () => {
    const world = await founded('a', 'b');
    world.network.partition([['a'], ['b']]);
    await world.clock.advance(10_000);
    expect(world.terms().map((term) => term?.node)).toEqual(['a', 'b']);
    expect(quorate(world)).toEqual([]);
    world.network.heal();
    await world.clock.advance(10_000);
    expect(world.agrees()).toBe(true);
    expect(quorate(world)).toHaveLength(1);
  });

  test('nobody is dropped for being away, but an admin may forget a voter', async () => {
    const world = await founded('a', 'b');
    world.kill('b');
    await world.clock.advance(60_000);
    expect(voters(world, 'a')?.voters).toHaveLength(2);
    expect(quorate(world)).toEqual([]);
    const forgotten = world.nodes.get('a')?.election.forget('b');
    await world.clock.advance(3000);
    expect(await forgotten).toMatchObject({ voters: [{ node: 'a' }] });
    expect(quorate(world)).toEqual(['a']);
    await world.boot('b', 2);
    await world.clock.advance(20_000);
    expect(world.agrees()).toBe(true);
    expect(quorate(world)).toHaveLength(1);
    expect(voters(world, 'b')?.voters).toHaveLength(2);
  });

  test('a reachable voter is not forgotten, nor one that is none', async () => {
    const world = await founded('a', 'b', 'c', 'd');
    expect(voters(world, 'a')?.voters).toHaveLength(3);
    await expect(world.nodes.get('a')?.election.forget('b')).rejects.toMatchObject({ code: 'not-allowed' });
    await expect(world.nodes.get('a')?.election.forget('d')).rejects.toMatchObject({ code: 'node-not-found' });
  });

  test('an idle coordinator says that it is degraded when it is asked, or as soon as its voters are lost, not when it renews next', async () => {
    const world = await founded('a', 'b', 'c');
    for (const { election } of world.nodes.values()) election.setPace('idle');
    for (const { membership } of world.nodes.values()) membership.setPace('idle');
    await world.clock.advance(10_000);
    const standing = () => world.nodes.get('a')?.election.standing();
    expect(standing()).toEqual({ quorate: true, reachable: 3, voters: 3 });
    const asked = async (id: string) => {
      const told = world.nodes.get(id)?.election.standingNow();
      await world.clock.advance(300);
      return told;
    };
    for (const id of ['a', 'b']) expect(await asked(id)).toEqual({ quorate: true, reachable: 3, voters: 3 });
    // The lease of that round is over.
    await world.clock.advance(3_000);
    world.network.partition([['a'], ['b', 'c']]);
    for (const [id, told] of [
      ['a', { quorate: false, reachable: 1, voters: 3 }],
      ['b', undefined],
    ] as const)
      expect(await asked(id)).toEqual(told);
    await world.clock.advance(8_100);
    expect(standing()).toEqual({ quorate: false, reachable: 1, voters: 3 });
  });

  test('a voter that stands still is not waited for by who claims the seat', async () => {
    const world = await founded('a', 'b', 'c');
    for (const { membership } of world.nodes.values()) membership.setPace('busy');
    await world.clock.advance(5_000);
    world.network.partition([['a'], ['b', 'c']]);
    const cutAt = world.clock.now();
    await world.clock.runUntil(() => world.nodes.get('b')?.election.isMine() === true, 10_000);
    expect(world.clock.now() - cutAt).toBeLessThan(1_750);
  });

  test('a new coordinator is not quorate before it has the records of a majority', async () => {
    const world = await founded('a', 'b', 'c');
    for (const peer of ['a', 'c']) world.silent.add(`b ${peer}`);
    world.kill('a');
    await world.clock.advance(20_000);
    expect(sitting(world).node).toBe('b');
    expect(quorate(world)).toEqual([]);
    world.silent.clear();
    await world.clock.advance(2000);
    expect(quorate(world)).toEqual(['b']);
  });

  test('a voter whose store is another one does not vote until it is listed anew', async () => {
    const world = await founded('a', 'b');
    world.kill('b');
    Object.assign(world.disks.get('b') as TermDisk, { store: 'second', seat: {}, saved: undefined });
    world.kill('a');
    await world.boot('b', 2);
    await world.clock.advance(20_000);
    expect(quorate(world)).toEqual([]);
    await world.boot('a', 2);
    for (const { election } of world.nodes.values()) election.setPace('busy');
    await world.clock.advance(30_000);
    expect(quorate(world)).toHaveLength(1);
    expect(voters(world, 'a')?.voters).toEqual([
      { node: 'a', store: 'first' },
      { node: 'b', store: 'second' },
    ]);
    const other = await founded('a', 'b', 'c');
    other.kill('b');
    Object.assign(other.disks.get('b') as TermDisk, { store: 'second', seat: {}, saved: undefined });
    await other.boot('b', 2);
    await other.clock.advance(30_000);
    expect(voters(other, 'a')?.voters.find(({ node }) => node === 'b')).toEqual({ node: 'b', store: 'second' });
    expect(quorate(other)).toEqual(['a']);
  });

  test('a founder alone whose store got another id is quorate again', async () => {
    const world = await founded('a');
    world.kill('a');
    Object.assign(world.disks.get('a') as TermDisk, { store: 'second' });
    await world.boot('a', 2);
    world.nodes.get('a')?.election.setPace('busy');
    await world.clock.advance(20_000);
    expect(quorate(world)).toEqual(['a']);
    expect(voters(world, 'a')?.voters).toEqual([{ node: 'a', store: 'second' }]);
  });

  test('a sole voter whose old disk has forgotten the term of its own list, which others gave back, claims above it', async () => {
    const world = await founded('a');
    world.kill('a');
    const { seat } = world.disks.get('a') as TermDisk;
    const list = { number: 2, term: { number: 9, node: 'a' }, voters: seat?.voters?.voters ?? [] };
    Object.assign(world.disks.get('a') as TermDisk, { seat: { ...seat, granted: undefined, voters: list } });
    await world.boot('a', 2);
    world.nodes.get('a')?.election.setPace('busy');
    await world.clock.advance(20_000);
    expect(quorate(world)).toEqual(['a']);
    expect(sitting(world).number).toBeGreaterThan(9);
  });

  test('who wakes up alone for a moment and finds the others again raises no term', async () => {
    const world = await founded('a', 'b', 'c');
    const sleeper = world.nodes.get('c');
    sleeper?.clock.pause();
    for (const peer of ['a', 'b']) world.network.block(peer, 'c');
    await world.clock.advance(20_000);
    world.network.heal();
    sleeper?.clock.resume();
    await world.clock.advance(5000);
    expect(world.seats.map(({ number }) => number)).toEqual(world.seats.map(() => 1));
    expect(quorate(world)).toEqual(['a']);
  });

  test('what is confirmed was renewed by a majority of those that count', async () => {
    const world = await founded('a', 'b', 'c');
    const election = world.nodes.get('a')?.election;
    const all = election?.confirm(() => true);
    const two = election?.confirm((node) => node !== 'c');
    const one = election?.confirm((node) => node === 'a');
    await world.clock.advance(3000);
    expect(await Promise.all([all, two, one])).toEqual([true, true, false]);
  });
});

test.each(Array.from({ length: 10 }, (_, seed) => seed + 1))('whatever happens to five nodes, never are two quorate at a time (seed %i)', async (seed) => {
  const draw = seededRandomness(seed);
  const ids = ['a', 'b', 'c', 'd', 'e'].slice(0, 2 + draw.integer(4));
  const world = new SmallCluster(seed);
  const booted = world.bootAll(ids, 'a');
  await world.clock.advance(100);
  await booted;
  for (let moment = 0, life = 2; moment < 60; moment += 1, life += 1) {
    const id = draw.pick(ids);
    const what = draw.integer(6);
    if (what === 0) world.network.partition([ids.slice(0, 1 + draw.integer(ids.length - 1)), ids.slice(1 + draw.integer(ids.length - 1))]);
    else if (what === 1) world.network.heal();
    else if (what === 2 && world.nodes.has(id)) world.kill(id);
    else if (what === 3 && !world.nodes.has(id)) await world.boot(id, life);
    else if (what === 4) world.nodes.get(id)?.clock.pause();
    else for (const node of world.nodes.values()) node.clock.resume();
    for (const { election } of world.nodes.values()) election.setPace('busy');
    for (let step = 0; step < 20; step += 1) {
      await world.clock.advance(40);
      expect([...world.nodes.values()].filter(({ election }) => election.quorate()).length).toBeLessThan(2);
    }
  }
  world.network.heal();
  for (const id of ids) if (!world.nodes.has(id)) await world.boot(id, 1000);
  for (const node of world.nodes.values()) {
    node.clock.resume();
    node.election.setPace('busy');
  }
  await world.clock.advance(30_000);
  expect(world.agrees()).toBe(true);
  expect([...world.nodes.values()].filter(({ election }) => election.quorate())).toHaveLength(1);
});
