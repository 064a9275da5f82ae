import { expect, test } from 'vitest';
import type { MemberRecord } from '../../../daemon/membership/member-record.ts';
import { MemberTable } from '../../../daemon/membership/member-table.ts';
import { factsOf } from '../../support/small-cluster.ts';

const recordOf = (id: string, incarnation = 1): MemberRecord => ({ facts: { ...factsOf(id, incarnation), revision: 1 }, left: false, sees: [], watchers: [] });

test('however many nodes a peer makes up, one that speaks for itself is believed, and nobody who is there is forgotten for it', () => {
  const table = new MemberTable({ self: 'self', changed: () => undefined });
  table.merge(recordOf('self'), 0, true);
  table.merge(recordOf('friend'), 0, true);
  for (let index = 0; index < 5000; index += 1) table.merge(recordOf(`invented-${index}`), index);
  table.conclude((id) => (id === 'friend' ? 'alive' : 'unreachable'), 5000);
  expect(table.members()).toHaveLength(4096);
  expect(table.merge(recordOf('hearsay'), 6000)).toBe(false);
  expect(table.merge(recordOf('newcomer'), 6000, true)).toBe(true);
  expect(table.members()).toHaveLength(4096);
  expect(table.member('newcomer')?.facts.name).toBe('newcomer');
  expect(table.member('invented-0')).toBe(undefined);
  expect(table.record('invented-0')).toBe(undefined);
  for (const kept of ['self', 'friend', 'invented-1']) expect(table.member(kept)?.facts.id).toBe(kept);
});
