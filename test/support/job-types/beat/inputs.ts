import type { FindInputs } from '../../../../src/plugin/job-type.ts';

export const inputs: FindInputs = async ({ input }) => ({ files: [{ source: String(input), path: 'input' }], summary: {}, findings: [] });
