import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
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

describe('of two records the later one', () => {
  const recordOf = (term: number, number: number): Voters => ({ number, term: { number: term, node: 'a' }, voters: votersOf(1) });
  const unsure = (term: number, number: number): Voters => ({ ...recordOf(term, number), forced: true });

  test('has the higher number, or was written anew in a later term', () => {
    expect(compareVoters(recordOf(1, 5), recordOf(2, 1))).toBeGreaterThan(0);
    expect(compareVoters(recordOf(2, 1), recordOf(1, 1))).toBeGreaterThan(0);
    expect(compareVoters(recordOf(2, 1), recordOf(2, 2))).toBeLessThan(0);
  });

  test('is that of a later term that did without a change which is not known to be with a majority', () => {
    expect(compareVoters(unsure(1, 2), recordOf(2, 1))).toBeLessThan(0);
    expect(compareVoters(unsure(2, 2), recordOf(1, 1))).toBeGreaterThan(0);
    expect(compareVoters(unsure(1, 2), unsure(2, 2))).toBeLessThan(0);
  });

  test('is the one that is known to be with a majority, of two with one number', () => {
    expect(compareVoters(recordOf(1, 2), unsure(2, 2))).toBeGreaterThan(0);
  });

  test('is not that of a later term that knew of none of the last changes', () => {
    expect(compareVoters(unsure(1, 3), recordOf(2, 1))).toBeGreaterThan(0);
  });

  test('is told alike from both sides', () => {
    const record = fc.record({ term: fc.integer({ min: 1, max: 3 }), number: fc.integer({ min: 1, max: 4 }), isSure: fc.boolean() });
    const of = ({ term, number, isSure }: { readonly term: number; readonly number: number; readonly isSure: boolean }) =>
      isSure ? recordOf(term, number) : unsure(term, number);
    fc.assert(
      fc.property(record, record, (a, b) => {
        expect(Math.sign(compareVoters(of(a), of(b))) + Math.sign(compareVoters(of(b), of(a)))).toBe(0);
      }),
    );
  });
});
