import { expect, test } from 'vitest';
import { demanded } from '../../../daemon/submitter/demanded.ts';
import type { IsolationLevel } from '../../../src/model/isolation.ts';
import { stepWith } from '../../support/jobs.ts';

const isolationOf = (planned: IsolationLevel | undefined, asked: IsolationLevel | undefined): IsolationLevel | undefined => {
  const step = stepWith(1);
  const requirements = { ...step.requirements, ...(planned === undefined ? {} : { isolation: planned }) };
  const plan = { name: 'job', outputs: [], steps: [{ ...step, requirements }] };
  return demanded(plan, { isolation: asked }, {}).steps[0]?.requirements.isolation;
};

test.each([
  [undefined, undefined, undefined],
  [undefined, 'user', 'user'],
  ['limited', undefined, 'limited'],
  ['limited', 'none', 'limited'],
  ['limited', 'full', 'full'],
] as const)('a plan that needs %s, submitted with %s, gets %s', (planned, asked, got) => {
  expect(isolationOf(planned, asked)).toBe(got);
});
