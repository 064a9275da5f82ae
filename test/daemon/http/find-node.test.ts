import { expect, test } from 'vitest';
import type { Member } from '../../../daemon/http/needs.ts';
import { findNode } from '../../../daemon/http/node-control.ts';
import type { Reachability } from '../../../src/model/inventory.ts';

const member = (id: string, name: string, reachability: Reachability = 'alive'): Member => ({ facts: { id, name }, reachability }) as Member;

test('a node is found by its name, its id and the end of its id', () => {
  const members = [member('peer-abcdef', 'anna'), member('peer-123456', 'otto')];
  for (const text of ['anna', 'peer-abcdef', 'abcdef']) expect(findNode(members, text)).toBe(members[0]);
  expect(() => findNode(members, 'eve')).toThrow('No node is called eve.');
  expect(() => findNode(members, 'cdef')).toThrow('No node is called cdef.');
});

test('one that has come again under its name is meant, not the one that was removed', () => {
  const members = [member('peer-abcdef', 'anna', 'left'), member('peer-123456', 'anna')];
  expect(findNode(members, 'anna')).toBe(members[1]);
  expect(findNode(members, 'abcdef')).toBe(members[0]);
});

test('where two are here by one name an id is asked for', () => {
  expect(() => findNode([member('peer-abcdef', 'anna'), member('peer-123456', 'anna', 'unreachable')], 'anna')).toThrow('2 nodes are called anna.');
});
