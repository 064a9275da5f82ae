import { mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { collectOutputs } from '../../../daemon/worker/collect-outputs.ts';
import type { BlobFiles } from '../../../daemon/worker/task-needs.ts';

let home: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'supervm-collect-')));
  mkdirSync(join(home, 'base/attempts/one/outputs/below'), { recursive: true });
  mkdirSync(join(home, 'secret/outputs/below'), { recursive: true });
  for (const folder of ['base/attempts/one/outputs/below', 'secret/outputs/below', 'secret/below']) {
    mkdirSync(join(home, folder), { recursive: true });
    writeFileSync(join(home, folder, 'file'), folder);
  }
});
afterEach(() => rmSync(home, { recursive: true }));

/** What got into the store. */
async function collect(): Promise<readonly string[]> {
  const stored: string[] = [];
  const putFile = async (path: string) => {
    const text = readFileSync(path, 'utf8');
    stored.push(text);
    return { digest: '0'.repeat(64), size: text.length };
  };
  const folder = { base: join(home, 'base'), below: 'attempts/one/outputs' };
  const size = 'base/attempts/one/outputs/below'.length;
  await collectOutputs(folder, [{ path: 'below/file', size }], { putFile } as Pick<BlobFiles, 'putFile'> as BlobFiles).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'output-invalid', message: expect.stringContaining('leads out of the outputs folder') });
  });
  return stored;
}

it('what a task made is taken', async () => {
  expect(await collect()).toEqual(['base/attempts/one/outputs/below']);
});

it.each([
  ['the attempt’s folder', 'base/attempts/one', 'secret'],
  ['the folder of its outputs', 'base/attempts/one/outputs', 'secret'],
  ['a folder in the middle', 'base/attempts/one/outputs/below', 'secret/below'],
])('nothing is read through a link in the place of %s', async (_, path, target) => {
  renameSync(join(home, path), join(home, 'away'));
  symlinkSync(join(home, target), join(home, path));
  expect(await collect()).toEqual([]);
});
