import type { MakePlan } from '../../../../src/plugin/job-type.ts';

export const plan: MakePlan = (settings) => {
  const { tasks, ms, slots, label, fail, stay, mark, needs, secret, in: where } = settings;
  return {
    name: String(label),
    steps: [
      {
        name: 'nap',
        needs: [],
        parameters: [{ name: 'nap', type: 'INT', ranges: [{ first: 1, last: Number(tasks), step: 1 }] }],
        requirements: { cores: 1 / Number(slots), memoryBytes: 0, programs: needs === undefined ? [] : [{ name: String(needs) }] },
        maxAttempts: 3,
        ...(secret === undefined ? {} : { secrets: [String(secret)] }),
        script: { ms: ms ?? 0, label: label ?? '', fail: fail ?? '', stay: stay ?? '', mark: mark ?? 0, in: where ?? '', secret: secret ?? '' },
      },
    ],
    outputs: Array.from({ length: Number(tasks) }, (_, index) => `nap-${index + 1}.txt`),
  };
};
