import type { MakePlan } from '../../../../src/plugin/job-type.ts';

export const plan: MakePlan = ({ want, what, mebibytes }) => ({
  name: String(want),
  steps: [
    {
      name: 'hog',
      needs: [],
      parameters: [],
      requirements: { cores: 1, memoryBytes: Number(mebibytes) * 2 ** 20, diskBytes: 96 * 2 ** 20, processes: 100, programs: [] },
      maxAttempts: 1,
      script: { want: want ?? '', what: what ?? '' },
    },
  ],
  outputs: ['hog.txt'],
});
