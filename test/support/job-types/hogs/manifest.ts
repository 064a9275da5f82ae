import type { Manifest } from '../../../../src/plugin/manifest.ts';

/** Tasks that want more than they may have, each in its own way. */
export const manifest: Manifest = {
  name: 'hogs',
  version: '1',
  summary: 'Tasks that take all there is',
  description: 'Each task takes memory, processes or disk without end, or reaches for what is not for it, and tells what it got.',
  arguments: [],
  settings: [
    {
      key: 'want',
      type: 'choice',
      choices: ['nothing', 'memory', 'late-memory', 'child-memory', 'forks', 'disk', 'deleted', 'file', 'address', 'path', 'socket', 'escape'],
      default: 'nothing',
      summary: 'What it reaches for',
    },
    { key: 'what', type: 'text', summary: 'The address (HOST:PORT), file or socket meant; or for how many seconds what escapes would sleep' },
    { key: 'mebibytes', type: 'integer', default: 64, summary: 'Memory that it asks for' },
  ],
  examples: [],
};
