/** What a worker may say of itself and of others, and what becomes of it. */
import { expect, test } from 'vitest';
import type { MemberRecord } from '../../../daemon/membership/member-record.ts';
import type { MembershipNode } from '../../../daemon/membership/membership-node.ts';
import { membershipProtocol } from '../../../daemon/membership/protocol.ts';
import { factsOf, SmallCluster } from '../../support/small-cluster.ts';

const recordOf = (id: string, changes: Partial<MemberRecord['facts']> = {}, sees: readonly string[] = []): MemberRecord => ({
  ...{ facts: { ...factsOf(id), revision: 1, ...changes }, left: false, sees, watchers: [] },
});

/** `a` coordinates, `b` is another member, and `w` is a worker by its certificate, whatever it says. */
async function withWorker() {
  const world = new SmallCluster();
  world.workers.add('w');
  await world.bootAll(['a', 'b']);
  const worker = world.network.join('w');
  await worker.start();
  await world.clock.advance(6_000);
  const tell = async (...records: MemberRecord[]) => {
    for (const peer of worker.connected()) worker.send(peer, membershipProtocol, { type: 'news', records });
    await world.clock.advance(500);
  };
  const membership = (id: string) => world.nodes.get(id)?.membership as MembershipNode;
  await tell(recordOf('w'));
  return { world, worker, tell, membership };
}

test('a worker raises no term', async () => {
  const { world, worker } = await withWorker();
  for (const peer of ['a', 'b']) worker.send(peer, membershipProtocol, { type: 'beat', intervalMs: 2_000, term: { number: 2, node: 'w' } });
  await world.clock.advance(3_000);
  expect(world.seats).toEqual([{ number: 1, node: 'a' }]);
  expect(world.agrees()).toBe(true);
});

test('a worker says nothing of other nodes, neither to them nor to others', async () => {
  const { tell, membership } = await withWorker();
  await tell(recordOf('b', { incarnation: 5, paused: true }), recordOf('nobody'));
  expect(membership('b').member('b')?.facts.incarnation).toBe(1);
  expect(membership('a').member('b')?.facts).toMatchObject({ incarnation: 1, paused: false });
  expect(membership('a').member('nobody')).toBe(undefined);
});

test('a machine is a worker by its certificate, whatever it says, and by that of its last connection, whatever others say', async () => {
  const { world, tell, membership } = await withWorker();
  expect(membership('a').member('w')?.facts.role).toBe('worker');
  world.workers.delete('w');
  await tell(recordOf('w', { role: 'worker', revision: 2 }));
  expect(membership('a').member('w')?.facts.role).toBe(undefined);
  world.kill('b');
  await world.clock.advance(5_000);
  await tell(recordOf('b', { role: 'worker', incarnation: 2 }));
  expect(membership('a').member('b')?.facts.incarnation).toBe(2);
  expect(membership('a').member('b')?.facts.role).toBe(undefined);
});

test('the witness of a worker keeps no seat for a coordinator that is dead', async () => {
  const { world, tell } = await withWorker();
  world.kill('a');
  await tell(recordOf('w', { revision: 2 }, ['a', 'b']));
  await world.clock.advance(5_000);
  expect(world.seats.at(-1)).toEqual({ number: 2, node: 'b' });
  expect(world.agrees()).toBe(true);
});
