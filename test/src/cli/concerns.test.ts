import { expect, test } from 'vitest';
import type { NodeView } from '../../../src/api/views.ts';
import { concernsOf } from '../../../src/cli/concerns.ts';
import { nodeView, sampleStatus } from '../../support/fake-api.ts';
import { inventoryOf } from '../../support/inventories.ts';

const roomy = inventoryOf({ freeDiskBytes: 1e12 });

test.each<readonly [string, Partial<NodeView>, number]>([
  ['a machine that is well', { inventory: roomy }, 0],
  ['no sandbox', { inventory: { ...roomy, labels: { sandbox: 'none' } } }, 1],
  ['a full disk', { inventory: { ...roomy, freeDiskBytes: 1e6 } }, 1],
  ['an old daemon that is open too', { version: '0.0.1', inventory: { ...roomy, labels: { sandbox: 'none' } } }, 2],
])('up mentions at once: %s', (_, self, count) => {
  const view = {
    ...sampleStatus,
    nodes: [nodeView('n1', { self: true, ...self }), nodeView('n2', { version: '7', inventory: inventoryOf({ freeDiskBytes: 1 }) })],
  };
  expect(concernsOf(view, '0')).toHaveLength(count);
});

test('up mentions what the daemon finds wrong itself', () => {
  const problems = [{ code: 'identity-in-use', message: '', hint: '' }];
  expect(concernsOf({ ...sampleStatus, nodes: [], durability: { ...sampleStatus.durability, problems } }, '0')).toHaveLength(1);
});
