import type { Manifest } from '../../../../src/plugin/manifest.ts';

/** Tasks for chaos and soak: each sleeps, says outside that it began and ended, and writes what depends on its parameters alone. */
export const manifest: Manifest = {
  name: 'beat',
  version: '1',
  summary: 'Tasks that tell when they run',
  description: 'Each task sleeps, uses no processor, and tells its start and its end through a pipe that the machine of a laboratory offers.',
  arguments: [{ key: 'input', type: 'path', summary: 'A file that travels with the job', required: true }],
  settings: [
    { key: 'tasks', type: 'integer', default: 1, minimum: 1, maximum: 100_000, summary: 'How many' },
    { key: 'ms', type: 'integer', default: 100, minimum: 0, unit: 'milliseconds', summary: 'How long each sleeps' },
    { key: 'slots', type: 'integer', default: 2, minimum: 1, maximum: 64, summary: 'Tasks that run at once on one core' },
    { key: 'label', type: 'text', default: 'beat', summary: 'What the outputs say and the job is called' },
    { key: 'once', type: 'choice', choices: ['no', 'yes'], default: 'no', summary: 'Must not run twice at one time' },
  ],
  examples: [],
};
