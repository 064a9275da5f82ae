import { expect, test } from 'vitest';
import { placementWarnings } from '../../../daemon/submitter/placement-warnings.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';
import { gibibyte, inventoryOf, requirementsOf } from '../../support/inventories.ts';
import { stepWith } from '../../support/jobs.ts';

function factsOf(...inventories: readonly ReturnType<typeof inventoryOf>[]) {
  const membership = new FixedMembership('n0', []);
  for (const [index, inventory] of inventories.entries()) membership.change(`n${index}`, { inventory });
  return membership.members().map((member) => member.facts);
}

test('one node that can is enough', () => {
  expect(placementWarnings([stepWith(1)], factsOf(inventoryOf({ programs: [] }), inventoryOf()))).toEqual([]);
});

test('a program that nobody has is named with each node’s word', () => {
  const [warning] = placementWarnings([stepWith(1)], factsOf(inventoryOf({ programs: [] })));
  expect(warning).toEqual({
    code: 'program-missing',
    message: 'No node can run step render as things are: n0 has no blender.',
    hint: 'The job waits until a node has blender.',
  });
});

test('a task too large for every node', () => {
  const step = stepWith(1, { requirements: requirementsOf({ memoryBytes: 64 * gibibyte }) });
  expect(placementWarnings([step], factsOf(inventoryOf()))).toMatchObject([{ code: 'cannot-be-placed', hint: expect.stringContaining('supervm invite') }]);
});
