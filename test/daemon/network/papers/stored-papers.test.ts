import { expect, test } from 'vitest';
import { parsePapers } from '../../../../daemon/network/papers/stored-papers.ts';

test('certificates that were met are read again; of those that an older version kept nothing is known but a number', () => {
  const met = { laptop: { serial: 2, digest: 'x'.repeat(43) }, tablet: 7 };
  expect(parsePapers(JSON.stringify({ admins: [], removals: [], met }), 'membership').met).toEqual({ laptop: met.laptop });
});

test('a damaged file is refused by its name', () => {
  expect(() => parsePapers('{', '/home/membership')).toThrow('/home/membership, are damaged');
});
