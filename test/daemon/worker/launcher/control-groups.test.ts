/** The words of both versions, on folders with the kernel's file names: controllers of version 2 can be had on few machines where tests run. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ControlGroups } from '../../../../daemon/worker/launcher/control-groups.ts';

const mebibyte = 2 ** 20;
const limits = { memoryBytes: 64 * mebibyte, processes: 20, cores: 2, exclusiveCores: 2, together: { memoryBytes: 1024 * mebibyte } };
const controllers = ['memory', 'pids', 'cpu', 'cpuset'] as const;

/** A place as a delegated hierarchy of version 2 has it, with the files of one group below it, which the kernel would make with the folder. */
function delegated(name: string) {
  const folder = mkdtempSync(join(tmpdir(), 'supervm-delegated-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const own = join(folder, name);
  mkdirSync(own);
  for (const file of ['memory.max', 'cpu.weight', 'cpuset.cpus']) writeFileSync(join(folder, file), '');
  writeFileSync(join(folder, 'cpuset.cpus.effective'), '0-3\n');
  for (const file of ['memory.max', 'memory.swap.max', 'memory.events', 'pids.max', 'pids.events', 'cpu.max', 'cpuset.cpus', 'cgroup.procs', 'cgroup.kill'])
    writeFileSync(join(own, file), '');
  const told = (file: string): string => readFileSync(join(own, file), 'utf8').split('\n')[0] ?? '';
  return { folder, own, told };
}

test('a group of version 2 is limited before anybody is in it', () => {
  const { folder, own, told } = delegated('1-1');
  const group = new ControlGroups([{ version: 2, folder, controllers }]).create('1-1', limits);
  expect(group.folders).toEqual([own]);
  expect(controllers.every((one) => group.limits(one))).toBe(true);
  expect([told('memory.max'), told('memory.swap.max'), told('pids.max'), told('cpu.max'), told('cpuset.cpus')]).toEqual([
    String(64 * mebibyte),
    '0',
    '20',
    '200000 100000',
    '',
  ]);
  expect(readFileSync(join(folder, 'memory.max'), 'utf8')).toBe(String(1024 * mebibyte));
  expect(group.claim()).toBe(true);
  expect(told('cpuset.cpus')).toBe('2,3');
});

test('what the kernel refused is read from its counters', () => {
  const { folder, own } = delegated('1-2');
  const group = new ControlGroups([{ version: 2, folder, controllers }]).create('1-2', limits);
  expect(group.hit()).toBeUndefined();
  writeFileSync(join(own, 'pids.events'), 'max 3\n');
  expect(group.hit()).toEqual({ what: 'processes', limit: 20 });
  writeFileSync(join(own, 'memory.events'), 'low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\noom_group_kill 0\n');
  expect(group.hit()).toEqual({ what: 'memory', limit: 64 * mebibyte });
});

test('everything in it is ended by one word', () => {
  const { folder, told } = delegated('1-3');
  new ControlGroups([{ version: 2, folder, controllers }]).create('1-3', limits).kill();
  expect(told('cgroup.kill')).toBe('1');
});

test('a group that cannot be limited is not entered', () => {
  const { folder, own } = delegated('1-4');
  rmSync(join(own, 'pids.max'));
  const group = new ControlGroups([{ version: 2, folder, controllers }]).create('1-4', limits);
  expect(group.folders).toEqual([]);
  expect(group.isEntered).toBe(false);
  expect(group.claim()).toBe(false);
  expect(existsSync(folder)).toBe(true);
});
