import { expect, test } from 'vitest';
import { ClusterBook } from '../../../daemon/records/cluster-book.ts';
import type { AdminAdded, MemberRemoved } from '../../../src/model/cluster-facts.ts';

const admin: AdminAdded = { type: 'admin-added', at: 0, key: 'a2V5', name: 'second', signedBy: 'root', signature: 'cm9vdA' };
const removal = (node: string, signature = node): MemberRemoved => ({ type: 'member-removed', at: 0, node, signedBy: 'second', signature });

test('a log full of facts that nobody signed costs little when an admin comes, and keeps out no other log', () => {
  let verified = 0;
  const book = new ClusterBook({
    verifies: (fact, { admins }) => {
      verified += 1;
      return fact === admin || (admins.size > 0 && fact.signature === 'good');
    },
    onTrouble: () => undefined,
  });
  for (let number = 0; number < 5_000; number += 1) book.fold(removal(`n${number}`), 'liar', true);
  book.fold(removal('stolen', 'good'), 'honest', true);
  // The same again from the same log is kept once.
  for (let time = 0; time < 500; time += 1) book.fold(removal('stolen', 'good'), 'honest', true);
  verified = 0;
  book.fold(admin, 'honest', true);
  expect(verified).toBeLessThan(300);
  expect([...book.state.removals.keys()]).toEqual(['stolen']);
});

test('a stolen signature under other words keeps out nothing that it really signed', () => {
  const genuine = removal('gone', 'good');
  const book = new ClusterBook({ verifies: (fact, { admins }) => fact === admin || (admins.size > 0 && fact === genuine), onTrouble: () => undefined });
  for (const fact of [genuine, removal('stays', 'good'), admin]) book.fold(fact, 'one', true);
  expect([...book.state.removals.keys()]).toEqual(['gone']);
});
