import { expect, test } from 'vitest';
import { boundsTexts } from '../../../../src/cli/output/bounds-text.ts';

const bounds = { step: 'render', nodeName: 'workshop', isolation: 'full', memoryBytes: 2 ** 31, processes: 2048 } as const;

test('nodes that keep tasks alike share a line', () => {
  expect(boundsTexts([bounds, { ...bounds, nodeName: 'laptop' }, { ...bounds, nodeName: 'shed', isolation: 'user' }])).toEqual([
    'render on workshop, laptop: full; all cores, 2.0 GiB memory, 2048 processes, no network',
    'render on shed: user; all cores, 2.0 GiB memory, 2048 processes, no network',
  ]);
});

test('every bound is told, and what is unknown is called so', () => {
  const { isolation: _unknown, ...rest } = bounds;
  const all = { ...rest, cores: 2, exclusiveCores: 2, gpus: 1, diskBytes: 2 ** 30, timeoutSeconds: 90, network: true } as const;
  expect(boundsTexts([all])).toEqual([
    'render on workshop: unknown; 2 cores of its own, 1 GPU, 2.0 GiB memory, 1.0 GiB disk, 2048 processes, 1 min 30 s each, network',
  ]);
  const steering = boundsTexts([{ ...bounds, nodeName: 'a\u001b[31mb\nc' }])[0];
  expect(steering).not.toContain('\u001b');
  expect(steering).not.toContain('\n');
});
