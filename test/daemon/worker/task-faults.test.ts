import { expect, test } from 'vitest';
import { diskFault } from '../../../daemon/blobs/disk-faults.ts';
import { faultFrom } from '../../../daemon/worker/task-faults.ts';
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
