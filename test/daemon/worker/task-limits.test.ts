import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitsFor, shapeOf } from '../../../daemon/worker/task-limits.ts';
import { requirementsOf } from '../../support/inventories.ts';

const gibibyte = 2 ** 30;
const machine = { cores: 4, memoryBytes: 8 * gibibyte, freeDiskBytes: 100 * gibibyte };
const share = 8 * gibibyte * 0.9;

describe('what a task may use', () => {
  it('is what its step asks for, and some more', () => {
    const asked = requirementsOf({ cores: 2, memoryBytes: gibibyte, diskBytes: gibibyte, processes: 50 });
    expect(limitsFor(asked, machine, '/session')).toEqual({
      memoryBytes: 1.75 * gibibyte,
      processes: 50,
      cores: 2,
      disk: { folder: '/session', bytes: gibibyte },
      together: { memoryBytes: Math.floor(share) },
    });
  });

  it('is the machine but for the daemon’s share, where the step says nothing or has the node to itself', () => {
    for (const asked of [requirementsOf({ memoryBytes: 0 }), requirementsOf({ cores: 'all', memoryBytes: gibibyte })])
      expect(limitsFor(asked, machine, '/session')).toMatchObject({ memoryBytes: Math.floor(share), disk: { bytes: 80 * gibibyte } });
    expect(limitsFor(requirementsOf({ cores: 'all' }), machine, '/session')).not.toHaveProperty('cores');
  });

  it('is whole cores of its own where the step says so', () => {
    expect(limitsFor(requirementsOf({ cores: 1.5, exclusive: true }), machine, '/session')).toMatchObject({ cores: 2, exclusiveCores: 2 });
    expect(limitsFor(requirementsOf({ cores: 'all', exclusive: true }), machine, '/session')).not.toHaveProperty('exclusiveCores');
  });

  it('is left to the disk where that is nearly full', () => {
    expect(limitsFor(requirementsOf({}), { ...machine, freeDiskBytes: 2 ** 22 }, '/session')).not.toHaveProperty('disk');
  });

  it('never takes in the daemon’s share of memory, and is never nothing', () => {
    const bytes = fc.integer({ min: 2 ** 24, max: 2 ** 42 });
    fc.assert(
      fc.property(bytes, fc.integer({ min: 0, max: 2 ** 42 }), fc.constantFrom(0.25, 1, 3, 'all' as const), (memoryBytes, asked, cores) => {
        const limits = limitsFor(requirementsOf({ cores, memoryBytes: asked }), { ...machine, memoryBytes }, '/session');
        expect(limits.memoryBytes).toBeGreaterThan(0);
        expect(limits.memoryBytes).toBeLessThanOrEqual(limits.together?.memoryBytes ?? 0);
        expect(limits.together?.memoryBytes).toBeLessThanOrEqual(memoryBytes - Math.min(memoryBytes / 2, 384 * 2 ** 20));
      }),
    );
  });
});

it('tasks follow each other in one session only where they may use the same', () => {
  const one = requirementsOf({ memoryBytes: gibibyte });
  expect(shapeOf(one, 1)).toBe(shapeOf({ ...one, isolation: 'full' }, 1));
  const others = [{ memoryBytes: 0 }, { diskBytes: 1 }, { processes: 9 }, { network: true as const }, { exclusive: true as const }, { gpus: 1 }].map((change) =>
    shapeOf({ ...one, ...change }, 1),
  );
  expect(new Set([...others, shapeOf(one, 1), shapeOf(one, 2)]).size).toBe(8);
});
