/** Reads trees and writes the folders they name. */
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import type { Digest, NodeId } from '../../src/model/job.ts';
import type { BlobFiles, Blobs, Tree, Trees } from './blobs.ts';
import { decodeTree } from './tree.ts';

export function treesOf(needs: { readonly blobs: Blobs; readonly files: BlobFiles }): Trees {
  const read = async (tree: Digest, from: readonly NodeId[], signal?: AbortSignal): Promise<Tree> =>
    decodeTree(await needs.blobs.bytes({ digest: tree }, from, signal));
  return {
    read,
    async writeOut(tree, folder, from, signal) {
      const entries = await read(tree, from, signal);
      await needs.blobs.fetch(entries, from, signal);
      for (const inner of foldersOf(entries)) await makeOpenFolder(join(folder, inner));
      for (const entry of entries) {
        signal.throwIfAborted();
        const write = (): Promise<void> => needs.files.writeFile(entry.digest, join(folder, entry.path), readOnly(entry.mode), 'passing');
        await write().catch(async (error: unknown) => {
          // It was damaged on this disk and has been dropped: another holder has it.
          if (!(error instanceof SupervmError) || error.code !== 'file-missing') throw error;
          await needs.blobs.fetch([entry], from, signal);
          await write();
        });
      }
    },
  };
}

/** Every folder that holds an entry, parents before children. */
function foldersOf(entries: Tree): readonly string[] {
  const folders = new Set<string>();
  for (const { path } of entries) for (let inner = dirname(path); inner !== '.'; inner = dirname(inner)) folders.add(inner);
  return [...folders].sort();
}

/** Readable for everybody, whatever the daemon's umask. */
async function makeOpenFolder(folder: string): Promise<void> {
  await mkdir(folder);
  await chmod(folder, 0o755);
}

/** Everybody on the node may read it (a sandbox runs under another user), nobody writes it; what could be run still can. */
function readOnly(mode: number): number {
  return (mode & 0o111) === 0 ? 0o444 : 0o555;
}
