import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../../daemon/records/canonical.ts';
import { AttemptFiles, type WrittenAttempt } from '../../../daemon/worker/attempt-files.ts';
import { attemptOf } from '../../support/jobs.ts';

const session = { launcher: '1-1', process: 1, task: 1 };
const written: WrittenAttempt = { attempt: attemptOf(digestOf('job'), 3), cores: 1, session, startedAt: 5 };
let folder: string;
let files: AttemptFiles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervm-attempts-'));
  files = new AttemptFiles({ folder });
  await files.load();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('what was written is there for the next daemon, until it is removed', async () => {
  await files.write(written);
  expect(await new AttemptFiles({ folder }).load()).toEqual([written]);
  await files.remove(written.attempt);
  expect(await readdir(folder)).toEqual([]);
});

test('a write that fails leaves nothing that takes room', async () => {
  await files.write(written);
  const [name = ''] = await readdir(folder);
  await rm(join(folder, name));
  await mkdir(join(folder, name));
  await expect(files.write(written)).rejects.toMatchObject({ code: 'EISDIR' });
  expect(await readdir(folder)).toEqual([name]);
});
