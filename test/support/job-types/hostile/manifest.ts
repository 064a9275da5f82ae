import type { Manifest } from '../../../../src/plugin/manifest.ts';

/** Tasks that mean harm by what they print and make: for tests of what becomes of it. */
export const manifest: Manifest = {
  name: 'hostile',
  version: '1',
  summary: 'Tasks that mean harm',
  description: 'Each task prints or makes what could harm who looks at it.',
  arguments: [],
  settings: [
    {
      key: 'harm',
      type: 'choice',
      choices: ['flood', 'sequences', 'endless', 'name', 'link'],
      default: 'flood',
      summary: 'What it does',
    },
    { key: 'seconds', type: 'integer', default: 5, summary: 'How long it floods' },
  ],
  examples: [],
};
