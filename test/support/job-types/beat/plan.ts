import type { MakePlan } from '../../../../src/plugin/job-type.ts';

export const plan: MakePlan = ({ tasks, ms, slots, label, once }) => ({
  name: String(label),
  steps: [
    {
      name: 'beat',
      needs: [],
      parameters: [{ name: 'beat', type: 'INT', ranges: [{ first: 0, last: Number(tasks) - 1, step: 1 }] }],
      requirements: { cores: 1 / Number(slots), memoryBytes: 0, programs: [] },
      maxAttempts: 3,
      ...(once === 'yes' ? { onceOnly: true as const } : {}),
      script: { ms: Number(ms), label: String(label) },
    },
  ],
  outputs: Array.from({ length: Number(tasks) }, (_, index) => `beat-${index}.txt`),
});
