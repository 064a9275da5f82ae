import { describe, expect, it } from 'vitest';
import { allowedProcessors, capacityOf } from '../../../daemon/inventory/capacity.ts';
import { gpusOf } from '../../../daemon/inventory/graphics.ts';
import { loadBetween } from '../../../daemon/inventory/processor-load.ts';
import { isWorthTelling } from '../../../daemon/inventory/worth-telling.ts';
import type { Inventory } from '../../../src/model/inventory.ts';

const gibibyte = 2 ** 30;

describe('capacity', () => {
  const machine = { processors: 8, status: '', memoryBytes: 16 * gibibyte, freeMemoryBytes: 12 * gibibyte };

  it('is the machine’s where nothing limits', () => {
    expect(capacityOf(machine, {})).toEqual({ cores: 8, memoryBytes: 16 * gibibyte, freeMemoryBytes: 12 * gibibyte });
  });

  it('is the container’s where it is limited', () => {
    const limits = { cores: 1, memoryBytes: 256 * 2 ** 20, usedMemoryBytes: 100 * 2 ** 20 };
    expect(capacityOf(machine, limits)).toEqual({ cores: 1, memoryBytes: 256 * 2 ** 20, freeMemoryBytes: 156 * 2 ** 20 });
  });

  it('is never more than the machine has, whatever the limits say', () => {
    expect(capacityOf(machine, { cores: 64, memoryBytes: 64 * gibibyte, usedMemoryBytes: 0 })).toEqual(capacityOf(machine, {}));
  });

  it('counts only processors this process may run on', () => {
    expect(capacityOf({ ...machine, status: 'Name:\tnode\nCpus_allowed:\tf1\nCpus_allowed_list:\t0,4-7\n' }, {}).cores).toBe(5);
    expect(allowedProcessors('Cpus_allowed_list:\t0-1\n')).toBe(2);
    expect(allowedProcessors('')).toBeUndefined();
  });
});

describe('GPUs', () => {
  it('are told with what the driver says, and nothing else', () => {
    const nvidia = {
      vendor: 'NVIDIA',
      model: 'GA102',
      name: 'NVIDIA GeForce RTX 3090',
      vram: 24576,
      vramDynamic: false,
      memoryTotal: 24268,
      driverVersion: '550.1',
    };
    expect(gpusOf([nvidia])).toEqual([{ model: 'NVIDIA GeForce RTX 3090', memoryBytes: 24268 * 2 ** 20, driver: '550.1' }]);
  });

  it('have no memory of their own when it is the machine’s', () => {
    expect(gpusOf([{ vendor: 'Intel', model: 'UHD Graphics 620', vram: 256, vramDynamic: true }])).toEqual([{ model: 'UHD Graphics 620' }]);
    expect(gpusOf([{ vendor: 'AMD', model: 'Navi 21', vram: null, vramDynamic: false }])).toEqual([{ model: 'Navi 21' }]);
  });

  it('are not the screens of virtual machines and consoles', () => {
    const models = ['Cirrus Logic GD 5446', 'Virtio 1.0 GPU', 'VMware SVGA II Adapter', 'ASPEED Graphics Family', ''];
    expect(gpusOf(models.map((model) => ({ vendor: '', model, vram: 16, vramDynamic: false })))).toEqual([]);
  });
});

describe('load', () => {
  const sample = { at: 0, groupBusy: undefined, machineBusy: 1000, machineTotal: 4000 };

  it('is the machine’s share of busy time', () => {
    expect(loadBetween(sample, { ...sample, at: 1000, machineBusy: 1500, machineTotal: 6000 }, 2)).toBe(0.25);
  });

  it('is the group’s share of its own cores where it has a quota', () => {
    const before = { ...sample, groupBusy: 0 };
    expect(loadBetween(before, { ...before, at: 1000, groupBusy: 750_000_000 }, 1.5)).toBe(0.5);
  });

  it('is nought when no time has passed', () => {
    expect(loadBetween(sample, sample, 2)).toBe(0);
  });
});

describe('a change of the inventory is told', () => {
  const told: Inventory = {
    cores: 4,
    memoryBytes: 8 * gibibyte,
    freeMemoryBytes: 4 * gibibyte,
    freeDiskBytes: 100 * gibibyte,
    gpus: [],
    programs: [],
    labels: {},
    platform: 'linux',
    architecture: 'x64',
    cpuLoad: 0.1,
  };

  it.each<[string, Partial<Inventory>]>([
    ['a program was found', { programs: [{ name: 'blender', version: '4.2', path: '/usr/bin/blender', features: [] }] }],
    ['the quota changed', { cores: 2 }],
    ['it became busy', { cpuLoad: 0.9 }],
    ['memory ran low', { freeMemoryBytes: 1 * gibibyte }],
    ['the disk filled', { freeDiskBytes: 50 * gibibyte }],
  ])('when %s', (_what, change) => {
    expect(isWorthTelling(told, { ...told, ...change })).toBe(true);
  });

  it('but not when an idle machine breathes', () => {
    expect(isWorthTelling(told, { ...told, cpuLoad: 0.2, freeMemoryBytes: told.freeMemoryBytes - 5e8, freeDiskBytes: told.freeDiskBytes - 1e9 })).toBe(false);
  });

  it('also when the last gigabyte of the disk begins', () => {
    const nearlyFull = { ...told, freeDiskBytes: 1.05 * gibibyte };
    expect(isWorthTelling(nearlyFull, { ...nearlyFull, freeDiskBytes: 0.99 * gibibyte })).toBe(true);
  });
});
