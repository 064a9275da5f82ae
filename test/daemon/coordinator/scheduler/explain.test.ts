import { expect, test } from 'vitest';
import { explain } from '../../../../daemon/coordinator/scheduler/explain.ts';
import type { Hold, NodeSnapshot, Waiting } from '../../../../daemon/coordinator/scheduler/snapshot.ts';
import { gibibyte, inventoryOf, requirementsOf } from '../../../support/inventories.ts';

const blender = requirementsOf({ cores: 'all', programs: [{ name: 'blender', minimumVersion: '4.2' }], memoryBytes: 4 * gibibyte });
const recent = inventoryOf({ programs: [{ name: 'blender', version: '4.2.0', path: '/opt/blender', features: [] }] });
const nodes = {
  free: nodeOf('free', { inventory: recent }),
  busy: nodeOf('busy', { inventory: recent, held: [blender] }),
  resting: nodeOf('resting', { inventory: recent, resting: 'rests after a failure: the disk is full' }),
  full: nodeOf('full', { inventory: recent, resting: 'takes nothing now: its disk is full', diskRefuses: true }),
  paused: nodeOf('paused', { inventory: recent, paused: true }),
  small: nodeOf('small', { inventory: { ...recent, memoryBytes: 2 * gibibyte } }),
  old: nodeOf('old'),
  bare: nodeOf('bare', { inventory: inventoryOf({ programs: [] }) }),
};

function nodeOf(id: string, changes: Partial<NodeSnapshot> = {}): NodeSnapshot {
  return { id, inventory: inventoryOf(), paused: false, resting: undefined, held: [], ...changes };
}

function waitingOf(count: number, hold?: Hold): Waiting {
  return { job: 'job', step: 'render', requirements: blender, hold, warm: new Set(), count, candidates: () => [] };
}

test.each([
  [[], 'no-node'],
  [[nodes.bare], 'no-program'],
  [[nodes.bare, nodes.old], 'program-too-old'],
  [[nodes.bare, nodes.old, nodes.small], 'too-small'],
  [[nodes.bare, nodes.small, nodes.paused], 'nodes-paused'],
  [[nodes.paused, nodes.busy], 'all-busy'],
  [[nodes.paused, nodes.resting], 'all-busy'],
  [[nodes.busy, nodes.free, nodes.bare], 'about-to-start'],
] as const)('of the nodes %# the reason is the nearest obstacle', (present, code) => {
  expect(explain(present, waitingOf(3))?.code).toBe(code);
});

test('every node says its own reason', () => {
  expect(explain(Object.values(nodes), waitingOf(3))?.nodes).toEqual([
    { node: 'free', reason: 'is free' },
    { node: 'busy', reason: 'is busy with 1 task' },
    { node: 'resting', reason: 'rests after a failure: the disk is full' },
    { node: 'full', reason: 'takes nothing now: its disk is full' },
    { node: 'paused', reason: 'is paused' },
    { node: 'small', reason: 'has 2.0 GiB of memory, 4.0 GiB are needed' },
    { node: 'old', reason: 'has blender 3.4.1, 4.2 is needed' },
    { node: 'bare', reason: 'has no blender' },
  ]);
});

test('of a paused node it is told that it drains, which no unpausing ends', () => {
  const leaving = nodeOf('leaving', { inventory: { ...recent, labels: { draining: 'yes' } }, paused: true });
  expect(explain([leaving], waitingOf(3))).toMatchObject({ code: 'nodes-paused', nodes: [{ reason: 'is draining: it stops once its tasks have ended' }] });
});

test('where all that could run them are set aside for their disks, that is told, in a word that older versions take too', () => {
  expect(explain([nodes.full, nodes.paused, nodes.bare], waitingOf(3))).toMatchObject({ code: 'all-busy', detail: 'disk' });
  expect(explain([nodes.full, nodes.busy], waitingOf(3))).not.toHaveProperty('detail');
  expect(explain([nodes.full, nodes.free], waitingOf(3))).toMatchObject({ code: 'about-to-start' });
});

test('a hold is the reason whatever the nodes are', () => {
  expect(explain([nodes.free], waitingOf(3, { code: 'job-paused' }))?.code).toBe('job-paused');
  expect(explain([], waitingOf(3, { code: 'needs-step', step: 'first' }))?.code).toBe('needs-step');
});

test('nothing waits, nothing to explain', () => {
  expect(explain([nodes.free], waitingOf(0))).toBeUndefined();
});

test('where no node can keep cores for one task, that is told in the same words', () => {
  const demanding = { ...waitingOf(1), requirements: { ...blender, cores: 1, exclusive: true as const } };
  expect(explain([nodes.free], demanding)).toMatchObject({ detail: 'not-isolated', nodes: [{ reason: expect.stringContaining('cannot keep cores') }] });
});

test('where no node keeps tasks apart as the job demands, that is told, in a word that older versions take too', () => {
  const demanding = { ...waitingOf(1), requirements: { ...blender, isolation: 'full' as const } };
  const weak = nodeOf('weak', { inventory: { ...recent, labels: { sandbox: 'limited' } } });
  const full = nodeOf('full', { inventory: { ...recent, labels: { sandbox: 'full' } } });
  expect(explain([weak, nodes.free], demanding)).toMatchObject({
    code: 'too-small',
    detail: 'not-isolated',
    nodes: [{ reason: 'keeps tasks apart at level limited, full is needed' }, { reason: 'keeps tasks apart at level unknown, full is needed' }],
  });
  expect(explain([weak, full], demanding)).toMatchObject({ code: 'about-to-start' });
});
