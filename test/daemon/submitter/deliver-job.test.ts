import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BlobFolder } from '../../../daemon/blobs/blob-folder.ts';
import { deliverJob } from '../../../daemon/submitter/deliver-job.ts';
import type { ExistingFiles } from '../../../daemon/submitter/submission.ts';
import type { JobState } from '../../../src/model/job-state.ts';
import { kept, stateOf, submitted } from '../http/samples.ts';

let folder: string;
let out: string;
let blobs: BlobFolder;
let state: JobState;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'svm-get-'));
  out = join(folder, 'out');
  blobs = new BlobFolder({ folder: join(folder, 'blobs') });
  await blobs.start();
  const digests = await Promise.all(
    ['one', 'two'].map(async (text) => {
      writeFileSync(join(folder, text), text);
      return (await blobs.putFile(join(folder, text))).digest;
    }),
  );
  const facts = digests.map((digest, index) => {
    const fact = kept(index, 'b', digest);
    return fact.type === 'result-kept' ? { ...fact, outputs: fact.outputs.map((output) => ({ ...output, size: 3 })) } : fact;
  });
  state = stateOf(submitted(), ...facts);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function get(existing: ExistingFiles = 'refuse') {
  return deliverJob(
    { blobs: { fetch: async () => undefined }, blobFiles: blobs },
    state,
    { folder: out, existing },
    () => undefined,
    new AbortController().signal,
  );
}

test('all results are written, and what has none is counted', async () => {
  expect(await get()).toEqual({ folder: out, files: 2, bytes: 6, skipped: 0, missing: 2 });
  expect(readFileSync(join(out, 'frame_0002.png'), 'utf8')).toBe('two');
});

test('a second time finds the same files there', async () => {
  await get();
  expect(await get()).toMatchObject({ files: 0, skipped: 2 });
});

test('another file in the way is refused, left or replaced', async () => {
  mkdirSync(out);
  writeFileSync(join(out, 'frame_0001.png'), 'mine');
  await expect(get()).rejects.toMatchObject({ code: 'output-exists', message: expect.stringContaining('frame_0001.png') });
  expect(readdirSync(out)).toEqual(['frame_0001.png']);
  expect(await get('skip')).toMatchObject({ files: 1, skipped: 1 });
  expect(readFileSync(join(out, 'frame_0001.png'), 'utf8')).toBe('mine');
  expect(await get('overwrite')).toMatchObject({ files: 1, skipped: 1 });
  expect(readFileSync(join(out, 'frame_0001.png'), 'utf8')).toBe('one');
});
