import { expect, test } from 'vitest';
import { MembershipNode } from '../../../daemon/membership/membership-node.ts';
import { factsOf, SmallCluster } from '../../support/small-cluster.ts';

const stateOf = (membership: MembershipNode, id: string) => membership.member(id)?.reachability;

async function cluster(...ids: string[]) {
  const world = new SmallCluster();
  const nodes = await world.bootAll(ids);
  await world.clock.advance(500);
  return { world, memberships: nodes.map(({ membership }) => membership) as [MembershipNode, MembershipNode, MembershipNode], nodes };
}

test('nodes that connect know each other with all they have', async () => {
  const { memberships } = await cluster('a', 'b', 'c');
  for (const membership of memberships) {
    const known = membership.reachable().map(({ facts }) => facts);
    expect(known.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
    expect(known.every(({ inventory }) => inventory.cores === 4)).toBe(true);
  }
});

test('a node whose records take long to load has listened meanwhile', async () => {
  const { world, memberships } = await cluster('a', 'b');
  const messenger = world.network.join('c');
  const late = new MembershipNode({ facts: factsOf('c') }, { messenger, clock: world.clock });
  await messenger.start();
  await world.clock.advance(2000);
  expect(stateOf(memberships[0], 'c')).toBe(undefined);
  await late.start();
  await world.clock.advance(10);
  expect(late.reachable().map(({ facts }) => facts.id)).toEqual(['c', 'a', 'b']);
  expect(stateOf(memberships[0], 'c')).toBe('alive');
});

test('a change of facts reaches everyone, also those its origin is not connected to', async () => {
  const { world, memberships } = await cluster('a', 'b', 'c');
  world.network.partition([['a'], ['c']]);
  await world.clock.advance(14_000);
  expect(stateOf(memberships[2], 'a')).toBe('unreachable');
  memberships[0].update({ paused: true });
  await world.clock.advance(300);
  expect(memberships[1].member('a')?.facts.paused).toBe(true);
  expect(memberships[2].member('a')?.facts.paused).toBe(true);
});

test('a killed node is unreachable as soon as its connection closes', async () => {
  const { world, memberships } = await cluster('a', 'b', 'c');
  world.kill('c');
  await world.clock.advance(10);
  expect(stateOf(memberships[0], 'c')).toBe('unreachable');
});

test('a silent busy node is suspect after a second and unreachable after a second and a half', async () => {
  const { world, memberships, nodes } = await cluster('a', 'b', 'c');
  memberships[2].setPace('busy');
  await world.clock.advance(1000);
  nodes[2]?.clock.pause();
  await world.clock.advance(900);
  expect(stateOf(memberships[0], 'c')).toBe('alive');
  await world.clock.advance(400);
  expect(stateOf(memberships[0], 'c')).toBe('suspect');
  expect(memberships[0].reachable().map(({ facts }) => facts.id)).toContain('c');
  await world.clock.advance(700);
  expect(stateOf(memberships[0], 'c')).toBe('unreachable');
  nodes[2]?.clock.resume();
  await world.clock.advance(500);
  expect(stateOf(memberships[0], 'c')).toBe('alive');
});

test('an idle node promises less and is given more patience', async () => {
  const { world, memberships, nodes } = await cluster('a', 'b', 'c');
  nodes[2]?.clock.pause();
  await world.clock.advance(3000);
  expect(stateOf(memberships[0], 'c')).toBe('alive');
  await world.clock.advance(4500);
  expect(stateOf(memberships[0], 'c')).toBe('unreachable');
});

test('an observer that was stopped itself blames nobody for the silence', async () => {
  const { world, memberships, nodes } = await cluster('a', 'b', 'c');
  for (const membership of memberships) membership.setPace('busy');
  await world.clock.advance(1000);
  const seen: string[] = [];
  memberships[0].onChange(({ member }) => seen.push(`${member.facts.id} ${member.reachability}`));
  const slept: number[] = [];
  memberships[0].onSleep((lateMs) => slept.push(lateMs));
  nodes[0]?.clock.pause();
  // Its peers' heartbeats wait in the kernel, as after SIGSTOP.
  for (const peer of ['b', 'c']) world.network.block(peer, 'a');
  await world.clock.advance(5000);
  nodes[0]?.clock.resume();
  await world.clock.advance(20);
  expect(seen.filter((line) => line.endsWith('unreachable'))).toEqual([]);
  expect(slept).toHaveLength(1);
  expect(slept[0]).toBeGreaterThan(4500);
});

test('a node that says goodbye has left, and comes back with its next life', async () => {
  const { world, memberships } = await cluster('a', 'b', 'c');
  memberships[2].leave();
  await world.clock.advance(10);
  world.kill('c');
  await world.clock.advance(2000);
  expect(stateOf(memberships[0], 'c')).toBe('left');
  await world.boot('c', 2);
  await world.clock.advance(500);
  expect(stateOf(memberships[0], 'c')).toBe('alive');
});

test('a node that restarts is waited for, and is alive again without ever having been lost', async () => {
  const { world, memberships } = await cluster('a', 'b', 'c');
  const seen: string[] = [];
  memberships[0].onChange(({ member, before }) => {
    if (member.facts.id === 'c' && before !== member.reachability) seen.push(`${member.facts.incarnation} ${member.reachability}`);
  });
  memberships[2].leave('restarting');
  await world.clock.advance(10);
  world.kill('c');
  await world.clock.advance(15_000);
  expect(stateOf(memberships[1], 'c')).toBe('restarting');
  expect(memberships[0].reachable().map(({ facts }) => facts.id)).toEqual(['a', 'b']);
  await world.boot('c', 2);
  await world.clock.advance(500);
  expect(seen).toEqual(['1 restarting', '2 restarting', '2 alive']);
  world.kill('c');
  await world.clock.advance(500);
  expect(stateOf(memberships[0], 'c')).toBe('unreachable');
});

test('a node that meant to restart and does not come back is lost after twenty seconds', async () => {
  const { world, memberships } = await cluster('a', 'b', 'c');
  memberships[2].leave('restarting');
  await world.clock.advance(10);
  world.kill('c');
  await world.clock.advance(19_000);
  expect([stateOf(memberships[0], 'c'), stateOf(memberships[1], 'c')]).toEqual(['restarting', 'restarting']);
  await world.clock.advance(3_500);
  expect([stateOf(memberships[0], 'c'), stateOf(memberships[1], 'c')]).toEqual(['unreachable', 'unreachable']);
});

test('a restarted node is reported lost before its new life is reported', async () => {
  const { world, memberships } = await cluster('a', 'b', 'c');
  const seen: string[] = [];
  memberships[0].onChange(({ member, before }) => {
    const line = `${member.facts.incarnation} ${before ?? 'new'} ${member.reachability}`;
    if (member.facts.id === 'c' && before !== member.reachability) seen.push(line);
  });
  world.kill('c');
  await world.boot('c', 2);
  await world.clock.advance(2000);
  expect(seen).toEqual(['1 alive unreachable', '2 new unreachable', '2 unreachable alive']);
});

test('a node whose clock was turned back outlives what is held of its earlier life', async () => {
  const { world, memberships } = await cluster('a', 'b', 'c');
  world.kill('c');
  const again = await world.boot('c', 0);
  await world.clock.advance(3000);
  again.membership.update({ paused: true });
  await world.clock.advance(1000);
  expect(memberships[0].member('c')).toMatchObject({ reachability: 'alive', facts: { paused: true, incarnation: 2 } });
});

test('a node that only others reach is unreachable but witnessed', async () => {
  const { world, memberships } = await cluster('a', 'b', 'c');
  for (const membership of memberships) membership.setPace('busy');
  await world.clock.advance(100);
  world.network.partition([['a'], ['b']]);
  await world.clock.advance(3000);
  expect(memberships[0].member('b')).toMatchObject({ reachability: 'unreachable', witnessed: true });
  world.kill('b');
  await world.clock.advance(3000);
  expect(memberships[0].member('b')).toMatchObject({ reachability: 'unreachable', witnessed: false });
});

test('beyond sixteen nodes five watch each one, and everybody believes them', async () => {
  const ids = Array.from({ length: 20 }, (_, index) => `n${index}`);
  const world = new SmallCluster();
  await world.bootAll(ids);
  for (const { membership } of world.nodes.values()) membership.setPace('busy');
  await world.clock.advance(2000);
  const delivered = world.network.counts.delivered;
  await world.clock.advance(1000);
  // 20 nodes, 5 watchers, 4 heartbeats a second.
  expect(world.network.counts.delivered - delivered).toBeLessThanOrEqual(20 * 5 * 5);
  expect([...world.nodes.values()].every(({ membership }) => membership.reachable().length === 20)).toBe(true);
  world.nodes.get('n7')?.clock.pause();
  await world.clock.advance(2500);
  const others = [...world.nodes.values()].filter(({ id }) => id !== 'n7');
  expect(others.map(({ membership }) => stateOf(membership, 'n7'))).toEqual(others.map(() => 'unreachable'));
});

test('facts beyond the bounds of the protocol are refused where they are made', async () => {
  const { memberships } = await cluster('a');
  const { inventory } = factsOf('a');
  for (const cores of [Number.NaN, -1, Number.POSITIVE_INFINITY]) expect(() => memberships[0].update({ inventory: { ...inventory, cores } })).toThrow();
  expect(() => memberships[0].update({ name: 'x'.repeat(10_000) })).toThrow();
  expect(() => memberships[0].update({ addresses: Array.from({ length: 100 }, () => 'x:1') })).toThrow();
});
