import { expect, test } from 'vitest';
import { inBubblewrap } from '../../../../daemon/worker/sandbox/bubblewrap.ts';
import type { GpuDevice } from '../../../../daemon/worker/task-needs.ts';
import { gpuDevice } from '../../../support/gpus.ts';

const folders = { inputs: '/w/inputs', scratch: '/w/scratch', temporary: '/w/tmp', attempts: '/w/attempts' };
const options = { bubblewrap: '/usr/bin/bwrap', setpriv: '/usr/bin/setpriv', system: { readable: ['/usr'], links: [] }, root: true, sizes: true };

function wordsFor(gpus: readonly GpuDevice[]): readonly string[] {
  const request = { name: 'a', folders, readable: [], user: 1_900_000_001, network: false, gpus, command: ['/usr/bin/true'] as const };
  return inBubblewrap({ ...request, command: [...request.command] }, options).spec.args;
}
const after = (words: readonly string[], option: string): readonly string[] => words.filter((_, place) => words[place - 1] === option);

test('a session sees the nodes of its GPUs, each once, and no others', () => {
  expect(after(wordsFor([]), '--dev-bind')).toEqual([]);
  const one = gpuDevice('0000:01:00.0', { nodes: ['/dev/nvidia0', '/dev/nvidiactl'], environment: { CUDA_VISIBLE_DEVICES: 'GPU-aa' } });
  const other = gpuDevice('0000:02:00.0', { nodes: ['/dev/dri/renderD129', '/dev/nvidiactl'], folders: ['/sys/dev/char'] });
  const words = wordsFor([one, other]);
  expect(after(words, '--dev-bind')).toEqual(['/dev/nvidia0', '/dev/nvidiactl', '/dev/dri/renderD129']);
  expect(after(words, '--dir')).toContain('/dev/dri');
  expect(words.indexOf('--dev')).toBeLessThan(words.indexOf('--dev-bind'));
  expect(words).toContain('/sys/dev/char');
  expect(words.slice(words.indexOf('CUDA_VISIBLE_DEVICES') - 1).slice(0, 3)).toEqual(['--setenv', 'CUDA_VISIBLE_DEVICES', 'GPU-aa']);
});

test('it is in the groups that may open them, and in no others', () => {
  expect(wordsFor([])).toContain('--clear-groups');
  const words = wordsFor([gpuDevice('a', { groups: [44, 105] }), gpuDevice('b', { groups: [105] })]);
  expect(words).toContain('--groups=44,105');
  expect(words).not.toContain('--clear-groups');
});
