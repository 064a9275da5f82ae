import type { Manifest } from '../../../../src/plugin/manifest.ts';

/** Tasks that only take time: what tests, proofs and chaos place, kill and cancel. Each writes a file that depends on its parameters alone. */
export const manifest: Manifest = {
  name: 'naps',
  version: '1',
  summary: 'Tasks that sleep',
  description: 'Each task sleeps, uses no processor, and writes one line that depends on its parameters alone.',
  arguments: [],
  settings: [
    { key: 'tasks', type: 'integer', default: 1, minimum: 1, maximum: 1_000_000, summary: 'How many' },
    { key: 'ms', type: 'integer', default: 100, minimum: 0, unit: 'milliseconds', summary: 'How long each sleeps' },
    { key: 'in', type: 'choice', choices: ['session', 'process'], default: 'session', summary: 'Sleep in the session, or in a process of its own' },
    { key: 'slots', type: 'integer', default: 1, minimum: 1, maximum: 64, summary: 'Tasks that run at once on one core' },
    { key: 'label', type: 'text', default: 'nap', summary: 'What the outputs say and the job is called' },
    { key: 'fail', type: 'choice', choices: ['never', 'fault', 'throw', 'exit'], default: 'never', summary: 'How each ends instead of writing its file' },
    {
      key: 'stay',
      type: 'choice',
      choices: ['no', 'deaf', 'escape'],
      default: 'no',
      summary: 'deaf: heed neither abort nor SIGTERM; escape: also leave processes behind, forked twice and in sessions of their own',
    },
    { key: 'secret', type: 'text', summary: 'Name of a secret that each tells to its log, and by its digest to its output' },
    { key: 'needs', type: 'text', summary: 'Program that a node must have; one that no node has makes the job wait' },
    { key: 'mark', type: 'integer', default: 0, minimum: 0, summary: 'Processes left behind are called: sleep 86400+MARK' },
  ],
  examples: [],
};
