import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBlobSeal } from '../../daemon/blob-seal.ts';
import { plainKeyFiles } from '../../daemon/keys/key-files.ts';
import { systemRandomness } from '../../daemon/system-clock.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'svm-blob-seal-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const open = (encrypted: boolean) => openBlobSeal({ blobsKey: join(home, 'blobs.key') }, { files: plainKeyFiles, encrypted }, systemRandomness());

test('a key is made for an encrypted home, is the same ever after, and once keys are in plain again it only reads', () => {
  expect(open(false)).toBeUndefined();
  const first = open(true);
  expect(first).toMatchObject({ writes: true });
  expect(first?.key).toHaveLength(32);
  expect(Buffer.from(open(true)?.key ?? [])).toEqual(Buffer.from(first?.key ?? []));
  expect(open(false)).toMatchObject({ writes: false, key: first?.key });
});

test.each(['', 'supervm-blobs-key-1 AAAA', 'something else'])('a key file with %j is damaged, and no other is drawn in its place', (text) => {
  writeFileSync(join(home, 'blobs.key'), text);
  expect(() => open(true)).toThrow(expect.objectContaining({ code: 'usage', message: expect.stringContaining('blobs.key') as string }));
});
