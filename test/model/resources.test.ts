import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostRequirements } from '../../src/model/job.ts';
import { admit, compareVersions, hasRoom, lackOf, nothingReserved, reserve } from '../../src/model/resources.ts';
import { gibibyte, inventoryOf, requirementsOf } from '../support/inventories.ts';

const itself = (requirements: HostRequirements): HostRequirements => requirements;

const version = fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }).map((numbers) => numbers.join('.'));

describe('versions', () => {
  test.each([
    ['3.10', '3.9', 1],
    ['4', '4.0.0', 0],
    ['3.4.1', '3.4.2', -1],
    ['4.2.0-beta', '4.2.0', 0],
    ['v5.1', '5.0', 1],
  ])('%s against %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });

  test('are ordered: antisymmetric and transitive', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('what a node lacks', () => {
  test('nothing, when it has the program and the room', () => {
    expect(lackOf(requirementsOf({ programs: [{ name: 'blender', minimumVersion: '3.4' }] }), inventoryOf())).toBeUndefined();
  });

  test('is the program it does not have', () => {
    expect(lackOf(requirementsOf({ programs: [{ name: 'ffmpeg' }] }), inventoryOf())).toEqual({ code: 'no-program', reason: 'has no ffmpeg' });
  });

  test('is a newer version', () => {
    const lack = lackOf(requirementsOf({ programs: [{ name: 'blender', minimumVersion: '4.2' }] }), inventoryOf());
    expect(lack).toEqual({ code: 'program-too-old', reason: 'has blender 3.4.1, 4.2 is needed' });
  });

  test('is a feature of the build', () => {
    const lack = lackOf(requirementsOf({ programs: [{ name: 'blender', features: ['cycles', 'denoise'] }] }), inventoryOf());
    expect(lack).toEqual({ code: 'no-program', reason: 'has a blender built without denoise' });
  });

  test('is nothing when a second installation of the program will do', () => {
    const programs = [...inventoryOf().programs, { name: 'blender', version: '4.2.0', path: '/opt/blender', features: ['cycles', 'denoise'] }];
    expect(lackOf(requirementsOf({ programs: [{ name: 'blender', minimumVersion: '4', features: ['denoise'] }] }), inventoryOf({ programs }))).toBeUndefined();
  });

  test('is cores or memory', () => {
    expect(lackOf(requirementsOf({ cores: 5 }), inventoryOf())?.reason).toBe('has 4 cores, 5 are needed');
    expect(lackOf(requirementsOf({ memoryBytes: 9 * gibibyte }), inventoryOf())?.reason).toBe('has 8.0 GiB of memory, 9.0 GiB are needed');
    expect(lackOf(requirementsOf({ cores: 'all', memoryBytes: 9 * gibibyte }), inventoryOf())?.code).toBe('too-small');
  });
});

describe('cores that are a task’s alone', () => {
  const own = requirementsOf({ cores: 2, exclusive: true });
  const keeping = inventoryOf({ labels: { 'exclusive-cores': 'yes' } });

  test('need a node that can keep them, unless the task has the whole node anyway', () => {
    expect(lackOf(own, inventoryOf())).toMatchObject({ code: 'not-isolated', reason: expect.stringContaining('cannot keep cores for one task alone') });
    expect(lackOf(own, keeping)).toBeUndefined();
    expect(lackOf({ ...own, cores: 'all' }, inventoryOf())).toBeUndefined();
  });

  test('are whole ones', () => {
    const half = requirementsOf({ cores: 0.5, exclusive: true });
    const small = inventoryOf({ cores: 0.5, labels: keeping.labels });
    expect(lackOf(half, small)?.reason).toBe('has 0.5 cores, 1 is needed');
    expect(reserve(half, keeping, nothingReserved)).toMatchObject({ cores: 1, exclusiveCores: 1 });
  });

  test('leave one to whoever shares, however little that asks for', () => {
    const all = requirementsOf({ cores: 4, exclusive: true });
    const little = requirementsOf({ cores: 0, memoryBytes: 0 });
    expect(admit([all, little], itself, keeping).waiting).toEqual([little]);
    expect(admit([little, all], itself, keeping).waiting).toEqual([all]);
    expect(admit([own, little], itself, keeping).waiting).toEqual([]);
  });
});

describe('GPUs', () => {
  const gpus = [{ model: 'A', device: '0000:01:00.0' }, { model: 'A again', device: '0000:01:00.0' }, { model: 'B' }];

  test('count where they can be given to a task', () => {
    expect(lackOf(requirementsOf({ gpus: 1 }), inventoryOf({ gpus }))).toBeUndefined();
    expect(lackOf(requirementsOf({ gpus: 2 }), inventoryOf({ gpus }))).toEqual({
      code: 'too-small',
      reason: 'has 1 GPUs that can be given to a task, 2 needed',
    });
  });

  test('are one task’s', () => {
    const one = requirementsOf({ gpus: 1 });
    expect(admit([one, one], itself, inventoryOf({ gpus })).waiting).toEqual([one]);
    expect(admit([one, requirementsOf()], itself, inventoryOf({ gpus })).waiting).toEqual([]);
  });
});

describe('room beside what runs', () => {
  test('ten tenths of a core fit one core', () => {
    let reserved = nothingReserved;
    const tenth = requirementsOf({ cores: 0.1, memoryBytes: 0 });
    for (let task = 0; task < 10; task++) {
      expect(hasRoom(tenth, { cores: 1, memoryBytes: 1 }, reserved)).toBe(true);
      reserved = reserve(tenth, { cores: 1, memoryBytes: 1 }, reserved);
    }
    expect(hasRoom(tenth, { cores: 1, memoryBytes: 1 }, reserved)).toBe(false);
  });

  test('a task that wants the whole node is alone on it', () => {
    const all = requirementsOf({ cores: 'all' });
    const small = requirementsOf({ cores: 1 });
    expect(admit([small, all], itself, inventoryOf()).running).toEqual([small]);
    expect(admit([all, small], itself, inventoryOf()).running).toEqual([all]);
  });

  test('nothing overtakes a task that waits for room', () => {
    const large = requirementsOf({ cores: 4 });
    const small = requirementsOf({ cores: 1 });
    expect(admit([small, large, small], itself, inventoryOf()).waiting).toEqual([large, small]);
  });
});
