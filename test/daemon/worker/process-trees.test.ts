import { expect, test } from 'vitest';
import { identify, isHeldByDisk } from '../../../daemon/worker/process-trees.ts';

test.each([
  ['D', 7, true],
  ['T', 7, false],
  ['S', 7, false],
  ['D', 8, false],
])('a process in the state %s that started at %i waits for a disk: %o', (state, startedAt, isHeld) => {
  expect(isHeldByDisk({ pid: 5, startedAt: 7 }, () => ({ state, startedAt }))).toBe(isHeld);
});

test('a process that is gone, or runs, waits for none', () => {
  const own = identify(process.pid);
  expect(own).toBeDefined();
  expect(isHeldByDisk({ pid: process.pid, startedAt: own?.startedAt ?? 0 })).toBe(false);
  expect(isHeldByDisk({ pid: 5, startedAt: 7 }, () => undefined)).toBe(false);
});
