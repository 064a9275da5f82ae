import { beforeEach, expect, test } from 'vitest';
import { ExpulsionRequests } from '../../daemon/expulsion-requests.ts';
import { machinesProtocol } from '../../daemon/machines-protocol.ts';
import { createAdminKey } from '../../daemon/network/papers/admin-key.ts';
import { type FoundedCluster, foundedCluster } from '../support/founded-cluster.ts';

const members = ['founder', 'second', 'laptop', 'tablet'];
let now: number;
let cluster: FoundedCluster;
let requests: ExpulsionRequests;

beforeEach(async () => {
  now = 0;
  cluster = await foundedCluster({ wall: () => 1_800_000_000_000 }, 'founder');
  requests = new ExpulsionRequests({ clock: { now: () => now }, papers: cluster.papers, isMember: (node) => members.includes(node) });
});

test('a member has another one expelled, not the holder that it asks, no stranger and no name that is none', () => {
  requests.check('laptop', 'tablet');
  expect(() => requests.check('laptop', 'founder')).toThrow('does not remove itself');
  for (const name of ['recovery', 'nobody']) expect(() => requests.check('laptop', name)).toThrow('no member');
});

test('whoever holds no admin key has none that does expelled, so that the holders cannot be played off against each other', () => {
  cluster.papers.certifyAdmin(createAdminKey().id, 'second');
  expect(() => requests.check('laptop', 'second')).toThrow('holds an admin key');
  requests.check('second', 'laptop');
  cluster.papers.certifyAdmin(createAdminKey().id, 'tablet');
  requests.check('tablet', 'second');
});

test('four an hour are enough for one member, whatever became of them', () => {
  for (let time = 0; time < 4; time += 1) expect(() => requests.check('laptop', 'nobody')).toThrow('no member');
  expect(() => requests.check('laptop', 'tablet')).toThrow('too many');
  requests.check('tablet', 'laptop');
  now += 3_600_000;
  requests.check('laptop', 'tablet');
});

test('what is no id of a node cannot be asked for at all', () => {
  const read = (node: string): unknown => machinesProtocol.request.parse({ type: 'expel', node });
  for (const node of ['recovery', 'laptop', `12D3KooW${'0'.repeat(44)}`]) expect(() => read(node)).toThrow();
  expect(read(`12D3KooW${'a'.repeat(44)}`)).toMatchObject({ type: 'expel' });
});
