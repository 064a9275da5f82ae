/** Tasks that do nothing: what is left is what a task costs. */
import type { OpenSession } from '../../../../src/plugin/job-type.ts';

export const open: OpenSession = async () => ({
  async run() {
    return { outputs: [], process: process.pid, warnings: [] };
  },
  async close() {},
});
