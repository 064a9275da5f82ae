/** Voters that an admin says will not return. */
import { expect, test } from 'vitest';
import { SmallCluster, TermDisk } from '../../support/small-cluster.ts';

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

async function forget(world: SmallCluster, id: string, acceptLoss = false): Promise<unknown> {
  const answer = election(world)
    .forget(id, acceptLoss)
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
  expect(await forget(world, 'c')).toMatchObject({ code: 'could-undo' });
  expect(election(world).quorate()).toBe(false);
  // Nor by who starts anew.
  world.kill('a');
  await world.boot('a', 2);
  await world.clock.advance(10_000);
  expect(await forget(world, 'c')).toMatchObject({ code: 'could-undo' });
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
  expect(await answer).toMatchObject({ voters: [{ node: 'a' }, { node: 'b' }] });
  // Known by now to be with both.
  expect(election(world).voters()).not.toHaveProperty('forced');
  expect(world.nodes.get('b')?.election.voters()).toEqual(election(world).voters());
});

test('whoever accepts the loss forgets as many as are lost, one by one, and is told before what is at stake and what to type', async () => {
  const world = await founded('a', 'b', 'c', 'd', 'e');
  expect(election(world).voters()?.voters).toHaveLength(5);
  for (const id of ['c', 'd', 'e']) world.kill(id);
  await world.clock.advance(20_000);
  expect(await forget(world, 'c')).toMatchObject({ forced: true });
  expect(await forget(world, 'd')).toMatchObject({
    code: 'could-undo',
    message: expect.stringMatching(/forgetting d as well could undo what was settled.*decided anew.*happen twice/),
    hint: 'Start one of these and try again: d, e. Only if all of them are lost for good: supervm node forget d --accept-loss',
  });
  expect(election(world).quorate()).toBe(false);
  expect(await forget(world, 'd', true)).toMatchObject({ voters: [{ node: 'a' }, { node: 'b' }, { node: 'e' }] });
  await world.clock.advance(2_000);
  expect(election(world).quorate()).toBe(true);
  // Most of those left are there, so the last one goes in order.
  expect(await forget(world, 'e')).toMatchObject({ voters: [{ node: 'a' }, { node: 'b' }] });
});

test('where all voters are there, but most have lost their disks, nobody is told to start any', async () => {
  const world = await founded('a', 'b', 'c', 'd', 'e');
  for (const id of ['b', 'c', 'd', 'e']) world.kill(id);
  await world.clock.advance(20_000);
  expect(await forget(world, 'e')).toMatchObject({ forced: true, voters: [{ node: 'a' }, { node: 'b' }, { node: 'c' }, { node: 'd' }] });
  for (const id of ['b', 'c', 'd']) {
    world.disks.set(id, Object.assign(new TermDisk(), { store: 'another' }));
    await world.boot(id, 2);
  }
  await world.clock.advance(20_000);
  expect(election(world).quorate()).toBe(false);
  const hint = expect.stringMatching(/^All voters are there, but .*lost for good: supervm node forget c --accept-loss$/);
  expect(await forget(world, 'c')).toMatchObject({ code: 'could-undo', hint });
});

test('the word that the loss is accepted is passed on to the coordinator, and is none against a voter that is there', async () => {
  const world = await founded('a', 'b', 'c', 'd');
  for (const id of ['b', 'c']) world.kill(id);
  await world.clock.advance(20_000);
  const asked = world.nodes.get('d')?.election;
  expect(asked?.isMine()).toBe(false);
  const answers: unknown[] = [];
  for (const [id, acceptLoss] of [
    ['a', true],
    ['b', false],
    ['c', false],
    ['c', true],
  ] as const) {
    void asked?.forget(id, acceptLoss).then(
      (voters) => answers.push(voters),
      (error: unknown) => answers.push(error),
    );
    await world.clock.advance(5_000);
  }
  expect(answers).toMatchObject([{ code: 'not-allowed' }, { voters: [{ node: 'a' }, { node: 'c' }] }, { code: 'could-undo' }, { voters: [{ node: 'a' }] }]);
  expect(election(world).quorate()).toBe(true);
});

test('two sides that each forgot the other end with one coordinator and one list when they meet', async () => {
  const world = await founded('a', 'b', 'c');
  world.network.partition([['a'], ['b', 'c']]);
  await world.clock.advance(20_000);
  expect(world.nodes.get('b')?.election.quorate()).toBe(true);
  await forget(world, 'b');
  await forget(world, 'c', true);
  await world.clock.advance(2_000);
  // As the person was warned.
  expect(election(world).quorate()).toBe(true);
  world.network.heal();
  await world.clock.advance(60_000);
  expect(world.agrees()).toBe(true);
  expect([...world.nodes.values()].filter((node) => node.election.quorate())).toHaveLength(1);
  const [first, ...others] = [...world.nodes.values()].map((node) => node.election.voters());
  for (const other of others) expect(other).toEqual(first);
  expect(first?.voters).toHaveLength(3);
});

test('a change that is under way is none to force another upon', async () => {
  const world = await founded('a', 'b', 'c');
  // Only the coordinator hears that a fourth and a fifth machine are to vote.
  await world.boot('d', 2);
  const booted = world.boot('e', 2);
  const disk = world.disks.get('a');
  await world.clock.runUntil(() => disk?.seat.voters?.voters.length === 4, 20_000);
  await booted;
  for (const id of ['b', 'c']) world.kill(id);
  await world.clock.advance(20_000);
  expect(election(world).isMine()).toBe(true);
  // Without b, d could grant with a what b and c never heard of.
  expect(await forget(world, 'b')).toMatchObject({ code: 'could-undo' });
});

test.each([0, 1_000, 2_500, 3_100, 3_200, 3_500, 4_000, 6_500])(
  'a machine that is removed %i ms after it came is no voter, whatever change was under way',
  async (afterMs) => {
    const world = await founded('a', 'b', 'c');
    world.kill('c');
    await world.clock.advance(20_000);
    const forgotten = world.nodes.get('a')?.election.forget('c', true);
    await world.clock.advance(15_000);
    await forgotten;
    const booted = world.boot('d');
    await world.clock.advance(100);
    await booted;
    for (const { election } of world.nodes.values()) election.setPace('busy');
    await world.clock.advance(afterMs);
    world.expelled.add('d');
    world.kill('d');
    await world.clock.advance(20_000);
    for (const id of ['a', 'b']) expect(world.nodes.get(id)?.election.voters()?.voters).toMatchObject([{ node: 'a' }, { node: 'b' }]);
    expect(election(world).quorate() || world.nodes.get('b')?.election.quorate()).toBe(true);
  },
);
