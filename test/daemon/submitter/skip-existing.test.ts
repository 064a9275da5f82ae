import fc from 'fast-check';
import { expect, test } from 'vitest';
import { skipExisting } from '../../../daemon/submitter/skip-existing.ts';
import { parametersOf, taskCount } from '../../../src/model/parameter-space.ts';
import type { Plan } from '../../../src/plugin/job-type.ts';
import { stepWith } from '../../support/jobs.ts';

function planOf(tasks: number): Plan {
  return { name: 'cube', steps: [stepWith(tasks)], outputs: Array.from({ length: tasks }, (_, index) => `${index + 1}.png`) };
}

test('exactly the frames without a file are left, for any set of files', () => {
  const cases = fc.integer({ min: 1, max: 40 }).chain((tasks) => fc.tuple(fc.constant(tasks), fc.uniqueArray(fc.integer({ min: 1, max: tasks }))));
  fc.assert(
    fc.property(cases, ([tasks, there]) => {
      const { steps, skipped } = skipExisting(
        planOf(tasks),
        there.map((frame) => `${frame}.png`),
      );
      const left = steps.flatMap((step) => Array.from({ length: taskCount(step) }, (_, index) => Object.values(parametersOf(step, index))[0]));
      expect(left).toEqual(Array.from({ length: tasks }, (_, index) => index + 1).filter((frame) => !there.includes(frame)));
      expect(skipped).toBe(there.length);
    }),
  );
});

test('named parameters are left out by name', () => {
  const step = stepWith(1, { parameters: [{ name: 'page', type: 'STRING', values: ['a', 'b', 'c'] }] });
  const { steps } = skipExisting({ name: 'pages', steps: [step], outputs: ['a.png', 'b.png', 'c.png'] }, ['b.png']);
  expect(steps[0]?.parameters).toEqual([{ name: 'page', type: 'STRING', values: ['a', 'c'] }]);
});

test('a plan whose files cannot be traced to tasks is refused rather than guessed', () => {
  expect(() => skipExisting({ ...planOf(2), outputs: ['one.mp4'] }, ['one.mp4'])).toThrow(expect.objectContaining({ code: 'usage' }));
});
