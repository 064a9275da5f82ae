import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BlobFolder } from '../../../daemon/blobs/blob-folder.ts';
import { BlobTransfer } from '../../../daemon/blobs/blob-transfer.ts';
import { encodeTree } from '../../../daemon/blobs/tree.ts';
import { treesOf } from '../../../daemon/blobs/trees.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { LinkedMessengers } from './linked-messengers.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'supervm-trees-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

it('writes out a folder that another node holds, read-only, with what can be run still runnable', async () => {
  const links = new LinkedMessengers();
  const clock = new VirtualClock();
  const nodes = await Promise.all(
    ['a', 'b'].map(async (id) => {
      const files = new BlobFolder({ folder: join(root, id) });
      await files.start();
      return { files, blobs: new BlobTransfer({}, { messenger: links.join(id), clock, disk: files }) };
    }),
  );
  const [a, b] = nodes;
  if (a === undefined || b === undefined) throw new Error('two nodes were made');
  const scene = await a.blobs.put(Buffer.from('scene'));
  const tool = await a.blobs.put(Buffer.from('tool'));
  const tree = await a.blobs.put(
    encodeTree([
      { path: 'scenes/main.blend', ...scene, mode: 0o600 },
      { path: 'tools/run', ...tool, mode: 0o755 },
      { path: 'copy.blend', ...scene, mode: 0o644 },
    ]),
  );

  const target = join(root, 'target');
  await mkdir(target);
  await treesOf(b).writeOut(tree.digest, target, ['a'], new AbortController().signal);

  expect((await readdir(target)).sort()).toEqual(['copy.blend', 'scenes', 'tools']);
  expect(await readFile(join(target, 'scenes/main.blend'), 'utf8')).toBe('scene');
  expect((await stat(join(target, 'scenes/main.blend'))).mode & 0o777).toBe(0o444);
  expect((await stat(join(target, 'tools/run'))).mode & 0o777).toBe(0o555);
  expect((await stat(join(target, 'scenes'))).mode & 0o005).toBe(0o005);
  expect(await b.blobs.has(scene.digest)).toBe(true);
});
