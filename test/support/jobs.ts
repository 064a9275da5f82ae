/** Job records and attempts for tests: one step `render` of so many tasks unless told otherwise. */
import { digestOf } from '../../daemon/records/canonical.ts';
import type { AttemptName, JobRecord, RunReport, Step, Term } from '../../src/model/job.ts';
import { requirementsOf } from './inventories.ts';

export function stepWith(tasks: number, changes: Partial<Step> = {}): Step {
  return {
    name: 'render',
    needs: [],
    parameters: [{ name: 'frame', type: 'INT', ranges: [{ first: 1, last: tasks, step: 1 }] }],
    requirements: requirementsOf({ cores: 'all' }),
    maxAttempts: 2,
    script: {},
    ...changes,
  };
}

export function recordOf(changes: Partial<JobRecord> = {}): JobRecord {
  return {
    owner: 'test',
    key: 'key',
    name: 'cube',
    type: 'render',
    plugin: { name: 'render', version: '1', digest: digestOf('plugin') },
    settings: {},
    inputs: { tree: digestOf('tree'), files: 0, bytes: 0 },
    steps: [stepWith(4)],
    submitter: 'a',
    submittedAt: 0,
    outputFolder: '',
    ...changes,
  };
}

export const firstTerm: Term = { number: 1, node: 'a' };

export function attemptOf(job: string, index: number, changes: Partial<AttemptName> = {}): AttemptName {
  return { term: firstTerm, job, generation: 1, step: 'render', index, attempt: 1, node: 'b', ...changes };
}

export const someReport: RunReport = { process: 100, startedAt: 0, seconds: 2, warnings: [] };
