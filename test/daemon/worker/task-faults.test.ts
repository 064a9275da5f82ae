import { expect, test } from 'vitest';
import { diskFault } from '../../../daemon/blobs/disk-faults.ts';
import { exitFault, faultFrom } from '../../../daemon/worker/task-faults.ts';
import { SupervmError } from '../../../src/model/errors.ts';

test.each([
  ['ENOSPC', 'disk-full'],
  ['EDQUOT', 'disk-full'],
  ['EROFS', 'disk-read-only'],
  ['EIO', 'disk-failed'],
])('a disk that says %s is the fault of its node, not of the task', (code, told) => {
  const refused = Object.assign(new Error('refused'), { code });
  expect(faultFrom(refused)).toMatchObject({ code: told, retry: true, blameNode: true });
  expect(faultFrom(diskFault(refused, 'blobs in /a'))).toMatchObject({ code: told, retry: true, blameNode: true });
});

test('what is wrong with an output is the fault of the task', () => {
  expect(faultFrom(new SupervmError('output-invalid', 'no picture'))).toMatchObject({ code: 'output-invalid', retry: true, blameNode: false });
});

test.each([
  ['memory', 2 ** 29, 'oom', '512 MiB', true],
  ['processes', 100, 'too-many-processes', '100 processes', false],
  ['disk', 3 * 2 ** 30, 'disk-limit', '3.0 GiB', true],
] as const)('a task that hits its limit of %s is to blame itself, however it was ended', (what, limit, code, words, retry) => {
  const exit = { code: null, signal: 'SIGKILL', lost: false, runningMs: 1, tail: '', limit: { what, limit } };
  expect(exitFault(exit)).toMatchObject({ code, message: expect.stringContaining(words), retry, blameNode: false });
});
