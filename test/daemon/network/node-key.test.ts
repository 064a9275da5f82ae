import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { plainKeyFiles } from '../../../daemon/keys/key-files.ts';
import { loadNodeKey } from '../../../daemon/network/node-key.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervm-key-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a key is made once, for its owner only, and gives the same id ever after', async () => {
  const file = join(folder, 'node.key');
  const made = await loadNodeKey(file, plainKeyFiles);
  expect(made.id).toMatch(/^12D3KooW/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await loadNodeKey(file, plainKeyFiles)).id).toBe(made.id);
  expect((await loadNodeKey(join(folder, 'other.key'), plainKeyFiles)).id).not.toBe(made.id);
});

test.each(['', 'hello', 'supervm-node-key-1', 'supervm-node-key-1 AAAA'])('a key file with %j is damaged, and stays as it is', async (text) => {
  const file = join(folder, 'node.key');
  await writeFile(file, text);
  await expect(loadNodeKey(file, plainKeyFiles)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(file) });
  expect(await readFile(file, 'utf8')).toBe(text);
});
