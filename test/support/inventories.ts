/** Inventories and requirements for tests: a plain machine with one Blender unless told otherwise. */
import type { Inventory } from '../../src/model/inventory.ts';
import type { HostRequirements } from '../../src/model/job.ts';

export const gibibyte = 2 ** 30;

export function inventoryOf(changes: Partial<Inventory> = {}): Inventory {
  return {
    cores: 4,
    memoryBytes: 8 * gibibyte,
    freeMemoryBytes: 6 * gibibyte,
    freeDiskBytes: 100 * gibibyte,
    gpus: [],
    programs: [{ name: 'blender', version: '3.4.1', path: '/usr/bin/blender', features: ['cycles'] }],
    labels: {},
    platform: 'linux',
    architecture: 'x64',
    cpuLoad: 0,
    ...changes,
  };
}

export function requirementsOf(changes: Partial<HostRequirements> = {}): HostRequirements {
  return { cores: 1, memoryBytes: gibibyte, programs: [{ name: 'blender' }], ...changes };
}
