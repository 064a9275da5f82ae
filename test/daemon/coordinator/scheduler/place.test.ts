import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { place } from '../../../../daemon/coordinator/scheduler/place.ts';
import type { Candidate, NodeSnapshot, Waiting } from '../../../../daemon/coordinator/scheduler/snapshot.ts';
import type { HostRequirements } from '../../../../src/model/job.ts';
import { lackOf } from '../../../../src/model/resources.ts';
import { gibibyte, inventoryOf, requirementsOf } from '../../../support/inventories.ts';

function nodeOf(id: string, changes: Partial<NodeSnapshot> = {}): NodeSnapshot {
  return { id, inventory: inventoryOf(), paused: false, resting: undefined, held: [], ...changes };
}

function waitingOf(count: number, changes: Partial<Waiting> & { readonly avoid?: readonly string[] } = {}): Waiting {
  const avoid = new Set(changes.avoid);
  return {
    job: 'job',
    step: 'render',
    requirements: requirementsOf(),
    hold: undefined,
    warm: new Set(),
    count,
    *candidates(): Iterable<Candidate> {
      for (let index = 0; index < count; index++) yield { index, avoid };
    },
    ...changes,
  };
}

function counts(placements: readonly { readonly node: string }[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(placements, (placement) => placement.node)].map(([node, list]) => [node, list.length]));
}

const whole = requirementsOf({ cores: 'all' });

describe('placing', () => {
  test('spreads tasks over the least loaded nodes', () => {
    const busy = nodeOf('a', { held: [requirementsOf(), requirementsOf()] });
    expect(counts(place([busy, nodeOf('b'), nodeOf('c')], [waitingOf(4)]))).toEqual({ b: 2, c: 2 });
  });

  test('gives each node one task more than it runs while many wait', () => {
    const nodes = ['a', 'b', 'c'].map((id) => nodeOf(id));
    expect(counts(place(nodes, [waitingOf(24, { requirements: whole })]))).toEqual({ a: 2, b: 2, c: 2 });
  });

  test('leaves the last tasks to whoever is free first', () => {
    const nodes = ['a', 'b', 'c'].map((id) => nodeOf(id, { held: [whole] }));
    expect(place(nodes, [waitingOf(3, { requirements: whole })])).toEqual([]);
    expect(place(nodes, [waitingOf(4, { requirements: whole })])).toHaveLength(1);
  });

  test('prefers a node that did not fail the task, and waits for it while it is busy', () => {
    const nodes = [nodeOf('a'), nodeOf('b', { held: [requirementsOf()] })];
    expect(place(nodes, [waitingOf(1, { avoid: ['a'] })])).toMatchObject([{ node: 'b' }]);
    const full = [nodeOf('a'), nodeOf('b', { held: [whole] })];
    expect(place(full, [waitingOf(1, { avoid: ['a'] })])).toEqual([]);
    expect(place([nodeOf('a')], [waitingOf(1, { avoid: ['a'] })])).toMatchObject([{ node: 'a' }]);
  });

  test('passes by nodes that are paused, resting, or lack a program', () => {
    const bare = nodeOf('bare', { inventory: inventoryOf({ programs: [] }) });
    const nodes = [bare, nodeOf('paused', { paused: true }), nodeOf('resting', { resting: 'its disk is full' }), nodeOf('good')];
    expect(counts(place(nodes, [waitingOf(3)]))).toEqual({ good: 3 });
  });

  test('places nothing of a step that is held', () => {
    expect(place([nodeOf('a')], [waitingOf(3, { hold: { code: 'needs-step', step: 'first' } })])).toEqual([]);
  });

  test('serves jobs in the order given', () => {
    const placements = place([nodeOf('a')], [waitingOf(1, { job: 'first', requirements: whole }), waitingOf(1, { job: 'second', requirements: whole })]);
    expect(placements.map((placement) => placement.job)).toEqual(['first']);
  });

  test('takes the warm one of two equal nodes', () => {
    expect(place([nodeOf('a'), nodeOf('b')], [waitingOf(1, { warm: new Set(['b']) })])).toMatchObject([{ node: 'b' }]);
  });

  test('looks at no more tasks than it can place', () => {
    let looked = 0;
    const many = waitingOf(1_000_000, {
      requirements: whole,
      *candidates() {
        for (let index = 0; ; index++) {
          looked += 1;
          yield { index, avoid: new Set() };
        }
      },
    });
    place([nodeOf('a'), nodeOf('b')], [many]);
    expect(looked).toBeLessThanOrEqual(5);
  });
});

const requirements: fc.Arbitrary<HostRequirements> = fc
  .record({
    cores: fc.oneof(fc.constant('all' as const), fc.double({ min: 0.1, max: 6, noNaN: true })),
    memoryBytes: fc.integer({ min: 0, max: 10 * gibibyte }),
    programs: fc.constantFrom([], [{ name: 'blender' }], [{ name: 'ffmpeg' }]),
    more: fc.constantFrom({}, {}, { exclusive: true as const }, { gpus: 1 }, { gpus: 2, exclusive: true as const }),
  })
  .map(({ more, ...asked }) => ({ ...asked, ...more }));
const labels = { 'exclusive-cores': 'yes' };
const gpus = ['0000:01:00.0', '0000:02:00.0'].map((device) => ({ model: 'A card', device }));
const nodes = fc
  .array(
    fc.record({
      cores: fc.double({ min: 0.5, max: 16, noNaN: true }),
      held: fc.array(requirements, { maxLength: 3 }),
      paused: fc.boolean(),
      gpus: fc.subarray(gpus),
    }),
    {
      maxLength: 6,
    },
  )
  .map((list) => list.map(({ cores, held, paused, gpus }, place) => nodeOf(`node${place}`, { inventory: inventoryOf({ cores, labels, gpus }), held, paused })));
const jobs = fc
  .array(fc.record({ count: fc.nat(12), requirements }), { maxLength: 4 })
  .map((list) => list.map(({ count, requirements }, place) => waitingOf(count, { job: `job${place}`, requirements })));

describe('whatever the cluster looks like', () => {
  test('at most one task waits at a node, no task is placed twice or where it can never run', () => {
    fc.assert(
      fc.property(nodes, jobs, (nodes, jobs) => {
        const placements = place(nodes, jobs);
        expect(new Set(placements.map(({ job, index }) => `${job}/${index}`)).size).toBe(placements.length);
        for (const node of nodes) {
          const added = placements
            .filter((placement) => placement.node === node.id)
            .map((placement) => jobs.find((job) => job.job === placement.job)?.requirements as HostRequirements);
          if (added.length === 0) continue;
          expect(node.paused).toBe(false);
          for (const requirements of added) expect(lackOf(requirements, node.inventory)).toBeUndefined();
          expectOneAheadAtMost(node, added);
        }
      }),
    );
  });

  test('a free node that could run a waiting task gets one', () => {
    fc.assert(
      fc.property(nodes, jobs, (nodes, jobs) => {
        const placements = place(nodes, jobs);
        const placed = new Map(jobs.map((job) => [job.job, placements.filter((placement) => placement.job === job.job).length]));
        for (const node of nodes.filter((node) => !node.paused && node.held.length === 0)) {
          if (placements.some((placement) => placement.node === node.id)) continue;
          for (const job of jobs) if (lackOf(job.requirements, node.inventory) === undefined) expect(placed.get(job.job)).toBe(job.count);
        }
      }),
    );
  });
});

/** Counted here anew, not with the code under test: all but the last added one run at once, beside what the node held. */
function expectOneAheadAtMost(node: NodeSnapshot, added: readonly HostRequirements[]): void {
  const all = [...node.held, ...added];
  const running = fitsTogether(all, node) ? all : all.slice(0, -1);
  expect(fitsTogether(running, node)).toBe(true);
}

function fitsTogether(list: readonly HostRequirements[], node: NodeSnapshot): boolean {
  if (list.length === 0) return true;
  if (list.some((requirements) => requirements.cores === 'all')) return list.length === 1;
  const own = list.filter(({ exclusive }) => exclusive === true);
  const ownCores = own.reduce((sum, { cores }) => sum + Math.ceil((cores as number) - 1e-3), 0);
  const cores = ownCores + list.filter((one) => !own.includes(one)).reduce((sum, requirements) => sum + (requirements.cores as number), 0);
  if (own.length > 0 && own.length < list.length && ownCores >= Math.ceil(node.inventory.cores)) return false;
  if (list.reduce((sum, { gpus = 0 }) => sum + gpus, 0) > node.inventory.gpus.length) return false;
  const memory = list.reduce((sum, requirements) => sum + requirements.memoryBytes, 0);
  return cores <= node.inventory.cores + 1e-3 && memory <= node.inventory.memoryBytes;
}
