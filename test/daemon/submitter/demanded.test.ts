import { expect, test } from 'vitest';
import { demanded } from '../../../daemon/submitter/demanded.ts';
import type { Step } from '../../../src/model/job.ts';
import { requirementsOf } from '../../support/inventories.ts';

const stepOf = (requirements: Step['requirements']): Step => ({ name: 'step', needs: [], parameters: [], requirements, maxAttempts: 1, script: {} });
const requirementsIn = (...asked: Parameters<typeof demanded>) => demanded(...asked).steps.map(({ requirements }) => requirements);

test('only what people can read in a manifest opens the network to tasks, not the plan of a job type', () => {
  const plan = { name: 'plan', steps: [stepOf(requirementsOf({ network: true })), stepOf(requirementsOf())], outputs: [] };
  expect(requirementsIn(plan, {}, {})).toEqual([requirementsOf(), requirementsOf()]);
  expect(requirementsIn(plan, {}, { network: false })).toEqual([requirementsOf(), requirementsOf()]);
  expect(requirementsIn(plan, {}, { network: true })).toEqual([requirementsOf({ network: true }), requirementsOf({ network: true })]);
});

test('cores that are asked for take the place of the plan’s, and may be each task’s alone', () => {
  const plan = { name: 'plan', steps: [stepOf(requirementsOf({ cores: 'all' }))], outputs: [] };
  expect(requirementsIn(plan, { cores: 2, exclusive: true }, {})).toEqual([requirementsOf({ cores: 2, exclusive: true })]);
  expect(requirementsIn(plan, { exclusive: false }, {})).toEqual([requirementsOf({ cores: 'all' })]);
});

test('how well nodes must keep tasks apart holds for every step', () => {
  const plan = { name: 'plan', steps: [stepOf(requirementsOf({ isolation: 'none' })), stepOf(requirementsOf())], outputs: [] };
  expect(requirementsIn(plan, { isolation: 'full' }, {})).toEqual([requirementsOf({ isolation: 'full' }), requirementsOf({ isolation: 'full' })]);
});
