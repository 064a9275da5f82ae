import { expect, test } from 'vitest';
import { candidatesOf, rankCandidates } from '../../../daemon/election/elect-coordinator.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';

const hour = 3_600_000;
const base = { incarnation: 10 * hour, hasRoom: true, isStandby: true };

test('first those with room, of them the standbys, of them the longest up', () => {
  const ranked = rankCandidates([
    { ...base, node: 'full', incarnation: 0, hasRoom: false },
    { ...base, node: 'no standby', incarnation: hour, isStandby: false },
    { ...base, node: 'younger', incarnation: 20 * hour },
    { ...base, node: 'older' },
    { ...base, node: 'of the same minute', incarnation: 10 * hour + 1 },
  ]);
  expect(ranked).toEqual(['of the same minute', 'older', 'younger', 'no standby', 'full']);
});

test('a worker is no candidate, not even to itself', () => {
  const membership = new FixedMembership('n1', ['n1', 'n2', 'n3']);
  membership.change('n1', { role: 'worker' });
  expect(candidatesOf(membership).map(({ node }) => node)).toEqual(['n2', 'n3']);
});

test('in a large cluster the candidates know who are standbys, the voters among them; in a small one all are', () => {
  const nodes = Array.from({ length: 20 }, (_, place) => `n${place + 10}`);
  const voters = { number: 1, term: { number: 1, node: 'n28' }, voters: [{ node: 'n28', store: 's' }] };
  const ranked = rankCandidates(candidatesOf(new FixedMembership('n15', nodes), voters));
  expect(ranked.slice(0, 7)).toEqual(['n10', 'n11', 'n12', 'n13', 'n14', 'n15', 'n28']);
  const small = candidatesOf(new FixedMembership('n15', nodes.slice(0, 16)), voters);
  expect(small.every(({ isStandby }) => isStandby === true)).toBe(true);
});
