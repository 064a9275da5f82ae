import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareVoters, isMajority, isQuorum, type Voter, type Voters } from '../../src/model/voters.ts';

const votersOf = (count: number): readonly Voter[] => Array.from({ length: count }, (_, place) => ({ node: `n${place}`, store: 's' }));
const subset = fc.uniqueArray(fc.integer({ min: 0, max: 4 }));
const has =
  (places: readonly number[]) =>
  ({ node }: Voter) =>
    places.includes(Number(node.slice(1)));

test('any two majorities share a voter', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), subset, subset, (count, one, other) => {
      const voters = votersOf(count);
      fc.pre(isMajority(voters, has(one)) && isMajority(voters, has(other)));
      expect(voters.some((voter) => has(one)(voter) && has(other)(voter))).toBe(true);
    }),
  );
});

test('majorities before and after a change of one voter share a voter', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5 }), subset, subset, (count, one, other) => {
      const [larger, smaller] = [votersOf(count), votersOf(count - 1)];
      fc.pre(isMajority(larger, has(one)) && isMajority(smaller, has(other)));
      expect(larger.some((voter) => has(one)(voter) && has(other)(voter))).toBe(true);
    }),
  );
});

test('a quorum that counts lost stores shares a voter that remembers with every majority, and with every other such quorum', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), subset, subset, subset, (count, one, other, gone) => {
      const voters = votersOf(count);
      const remembers = (yes: readonly number[]) => (voter: Voter) => has(yes)(voter) && !has(gone)(voter);
      fc.pre(isQuorum(voters, remembers(one), has(gone)));
      if (isMajority(voters, has(other))) expect(voters.some((voter) => remembers(one)(voter) && has(other)(voter))).toBe(true);
      if (isQuorum(voters, remembers(other), has(gone))) expect(voters.some((voter) => remembers(one)(voter) && remembers(other)(voter))).toBe(true);
    }),
  );
});

test('records are ordered by the term that wrote them, then by number', () => {
  const recordOf = (term: number, number: number): Voters => ({ number, term: { number: term, node: 'a' }, voters: votersOf(1) });
  expect(compareVoters(recordOf(2, 1), recordOf(1, 9))).toBeGreaterThan(0);
  expect(compareVoters(recordOf(2, 1), recordOf(2, 2))).toBeLessThan(0);
});
