import type { MakePlan } from '../../../../src/plugin/job-type.ts';

export const plan: MakePlan = ({ harm = 'flood', seconds = 0 }) => ({
  name: `hostile ${harm}`,
  steps: [
    {
      name: 'harm',
      needs: [],
      parameters: [],
      requirements: { cores: 1, memoryBytes: 0, programs: [] },
      maxAttempts: 1,
      script: { harm, seconds },
    },
  ],
  outputs: [],
});
