/** What a member may say of itself and of others, and what that does to the cluster: nothing for long. */
import { expect, test } from 'vitest';
import type { MemberRecord } from '../../../daemon/membership/member-record.ts';
import type { MembershipNode } from '../../../daemon/membership/membership-node.ts';
import { batches, membershipProtocol, nodeFactsSchema } from '../../../daemon/membership/protocol.ts';
import { decodeBody, encodeBody } from '../../../daemon/wire/codec.ts';
import { factsOf, SmallCluster } from '../../support/small-cluster.ts';

const recordOf = (id: string, changes: Partial<MemberRecord['facts']> = {}): MemberRecord => ({
  ...{ facts: { ...factsOf(id), revision: 1, ...changes }, left: false, sees: [], watchers: [] },
});

/** Two honest nodes; `z`, a member, says what it likes. */
async function withLiar() {
  const violations: string[] = [];
  const world = new SmallCluster(1, { onViolation: (self, peer) => void violations.push(`${self} cuts ${peer}`) });
  const [a, b] = (await world.bootAll(['a', 'b'])).map(({ membership }) => membership) as [MembershipNode, MembershipNode];
  const messenger = world.network.join('z');
  messenger.serve(membershipProtocol, {});
  await messenger.start();
  await world.clock.advance(500);
  const tell = async (...records: unknown[]) => {
    for (const peer of messenger.connected()) messenger.send(peer, membershipProtocol, { type: 'news', records: records as MemberRecord[] });
    await world.clock.advance(500);
  };
  return { world, a, b, tell, violations, messenger };
}

test('of a node that is connected nobody else is believed', async () => {
  const { world, a, b, tell, violations } = await withLiar();
  await tell(recordOf('b', { revision: 2 ** 52, name: 'mine', paused: true }), { ...recordOf('b', { incarnation: 40 }), left: true });
  expect(a.member('b')).toMatchObject({ reachability: 'alive', facts: { name: 'b', paused: false } });
  b.update({ name: 'better' });
  await world.clock.advance(500);
  expect(a.member('b')?.facts.name).toBe('better');
  expect(violations).toEqual([]);
});

test('a node outlives what is said of it, however high, and is heard again', async () => {
  const { world, a, tell } = await withLiar();
  // Nobody is connected to c yet.
  await tell(recordOf('c', { incarnation: 2 ** 45, revision: 2 ** 52, name: 'mine' }), recordOf('d', { incarnation: 2 ** 46 }));
  expect(a.member('c')?.facts.name).toBe('mine');
  // Beyond all clocks there would be no room above.
  expect(a.member('d')).toBe(undefined);
  const { membership: c } = await world.boot('c');
  await world.clock.advance(3_000);
  c.update({ name: 'c itself' });
  await world.clock.advance(500);
  expect(a.member('c')?.facts.name).toBe('c itself');
});

test.each([
  ['cores', { cores: -1 }],
  ['cores', { cores: 1e300 }],
  ['memory', { memoryBytes: -5 }],
  ['memory', { freeMemoryBytes: 1e300 }],
  ['load', { cpuLoad: -1 }],
  ['a number that is none', { cores: null }],
  ['labels', { labels: { a: 'b'.repeat(200) } }],
  ['labels', { labels: Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`l${index}`, 'x'])) }],
  ['programs', { programs: Array.from({ length: 100 }, () => ({ name: 'p', version: '1', path: '/p', features: [] })) }],
])('an inventory with impossible %s cuts who tells it, and is not believed', async (_, part) => {
  const { a, tell, violations } = await withLiar();
  await tell({ ...recordOf('z'), facts: { ...recordOf('z').facts, inventory: { ...factsOf('z').inventory, ...part } } });
  expect(violations).toContain('a cuts z');
  expect(a.member('z')).toBe(undefined);
});

test('NaN and infinities cannot be said at all', () => {
  for (const cores of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => encodeBody({ cores })).toThrow(TypeError);
  expect(decodeBody(Buffer.from('\0{"cores":1e999}'))).toEqual({ cores: Number.POSITIVE_INFINITY });
  expect(nodeFactsSchema.safeParse({ ...recordOf('z').facts, inventory: { ...factsOf('z').inventory, cores: Number.POSITIVE_INFINITY } }).success).toBe(false);
});

test('what steers a terminal or turns words about is replaced in names, labels and paths', async () => {
  const { a, tell } = await withLiar();
  const inventory = {
    ...factsOf('z').inventory,
    labels: { 'a\u202eb': 'x\u001b[2J' },
    programs: [{ name: 'p', version: '1\n2', path: '/a\u2066', features: [] }],
  };
  await tell(recordOf('z', { name: 'tidy\u0000\u200b\ud800', inventory }));
  expect(a.member('z')?.facts).toMatchObject({
    name: 'tidy���',
    inventory: { labels: { 'a�b': 'x�[2J' }, programs: [{ version: '1�2', path: '/a�' }] },
  });
});

test('an id of strange characters cuts who tells it', async () => {
  const { a, tell, violations } = await withLiar();
  await tell(recordOf('evil\u202e'));
  expect(violations).toContain('a cuts z');
  expect(a.members().map(({ facts }) => facts.id)).toEqual(['a', 'b']);
});

test('the largest record that is believed can be passed on', () => {
  const wide = '\u4e2d';
  const text = (length: number) => wide.repeat(length);
  const program = { name: text(128), version: text(128), path: text(512), features: Array.from({ length: 16 }, () => text(64)) };
  const inventory = {
    ...factsOf('z').inventory,
    programs: Array.from({ length: 48 }, () => program),
    labels: Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`${index}${text(60)}`, text(128)])),
    gpus: Array.from({ length: 32 }, () => ({ model: text(128), driver: text(128) })),
  };
  const facts = recordOf('z', { name: text(128), version: text(128), inventory, addresses: Array.from({ length: 32 }, () => text(256)) }).facts;
  const sees = Array.from({ length: 512 }, (_, index) => `${index}`.padEnd(128, 'x'));
  const record = { facts: nodeFactsSchema.parse(facts), left: false, sees, watchers: sees.slice(0, 16) };
  for (const records of batches([record, record])) expect(encodeBody({ type: 'news', records }).length).toBeLessThan(membershipProtocol.maximumBytes);
});
