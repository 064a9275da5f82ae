/** Copies the files of a job into the blob store and lists them as a tree. */
import { stat } from 'node:fs/promises';
import type { JobInputs, TreeEntry } from '../../src/model/job.ts';
import type { InputFile } from '../../src/plugin/job-type.ts';
import { readFault } from './disk-errors.ts';
import type { Blob, BlobFiles, Blobs, EncodeTree, Pins, RecentUse } from './needs.ts';
import type { OnProgress } from './submission.ts';

export interface StoreInputsNeeds {
  readonly blobs: Pick<Blobs, 'put'>;
  readonly blobFiles: Pick<BlobFiles, 'putFile'>;
  readonly encodeTree: EncodeTree;
  /** Keeps what is stored from being collected until the job is known. */
  readonly recentUse?: Pick<RecentUse, 'pins'>;
}

/** Rejects `file-missing` naming the file that cannot be read, `disk-full`; stops between files when the signal aborts. */
export async function storeInputs(
  needs: StoreInputsNeeds,
  files: readonly InputFile[],
  onProgress: OnProgress,
  signal: AbortSignal,
  pins?: Pick<Pins, 'add'>,
): Promise<{ readonly inputs: JobInputs; readonly blobs: readonly Blob[] }> {
  const entries: TreeEntry[] = [];
  const blobs = new Map<string, Blob>();
  for (const [index, { source, path }] of files.entries()) {
    signal.throwIfAborted();
    onProgress({ stage: 'storing', done: index, total: files.length, message: path });
    const { blob, mode } = await storeFile(needs, source);
    entries.push({ path, digest: blob.digest, size: blob.size, mode });
    pins?.add(blob.digest);
    blobs.set(blob.digest, blob);
  }
  onProgress({ stage: 'storing', done: files.length, total: files.length, message: '' });
  const tree = await needs.blobs.put(needs.encodeTree(entries));
  pins?.add(tree.digest);
  blobs.set(tree.digest, tree);
  const bytes = entries.reduce((sum, entry) => sum + entry.size, 0);
  return { inputs: { tree: tree.digest, files: entries.length, bytes }, blobs: [...blobs.values()] };
}

/** Bytes of the files that are there; what cannot be read is told when it is stored. */
export async function sizeOfAll(files: readonly InputFile[]): Promise<number> {
  let bytes = 0;
  for (const { source } of files) bytes += (await stat(source).catch(() => undefined))?.size ?? 0;
  return bytes;
}

async function storeFile(needs: StoreInputsNeeds, source: string): Promise<{ readonly blob: Blob; readonly mode: number }> {
  try {
    const { mode } = await stat(source);
    // Only whether it can be executed travels: owners and groups mean nothing elsewhere.
    return { blob: await needs.blobFiles.putFile(source), mode: (mode & 0o111) === 0 ? 0o644 : 0o755 };
  } catch (error) {
    throw readFault(error, source);
  }
}
