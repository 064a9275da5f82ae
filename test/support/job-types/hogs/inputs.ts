import type { FindInputs } from '../../../../src/plugin/job-type.ts';

export const inputs: FindInputs = async () => ({ files: [], summary: {}, findings: [] });
