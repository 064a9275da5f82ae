/** `supervm get`: all results of a job into a folder of any node. */
import { join } from 'node:path';
import type { ResultKept } from '../../src/model/facts.ts';
import type { OutputFile } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { jobTally } from '../../src/model/phase.ts';
import { digestOfFile } from './file-digest.ts';
import type { BlobFiles, Blobs } from './needs.ts';
import { discardFolder, existingFiles, prepareFolder, refuseExisting, sizeOf, staysBelow } from './output-folder.ts';
import type { ExistingFiles, OnProgress } from './submission.ts';
import { writeBelow } from './write-below.ts';

export interface DeliverNeeds {
  readonly blobs: Pick<Blobs, 'fetch'>;
  readonly blobFiles: Pick<BlobFiles, 'writeFile'>;
}

export interface Delivered {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  /** Files that were there already. */
  readonly skipped: number;
  /** Tasks without a result. */
  readonly missing: number;
}

interface Wanted {
  readonly output: OutputFile;
  readonly from: readonly string[];
}

/** Rejects `output-unwritable`, `output-exists` (a file with the same content is no obstacle), `file-missing`, `disk-full`. Files written before stay. */
export async function deliverJob(
  needs: DeliverNeeds,
  state: JobState,
  request: { readonly folder: string; readonly existing?: ExistingFiles | undefined },
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Delivered> {
  const { folder } = request;
  const wanted = [...state.results.values()].flatMap((result) =>
    result.outputs.filter((output) => staysBelow(output.path)).map((output) => ({ output, from: holdersOf(result) })),
  );
  const { created } = await prepareFolder(folder);
  try {
    const due = await stillDue(wanted, folder, request.existing ?? 'refuse');
    let bytes = 0;
    for (const [index, { output, from }] of due.entries()) {
      signal.throwIfAborted();
      onProgress({ stage: 'fetching', done: index, total: due.length, message: output.path });
      await needs.blobs.fetch([{ digest: output.digest, size: output.size }], from, signal);
      await writeBelow(needs.blobFiles, output.digest, folder, output.path);
      bytes += output.size;
    }
    const { total, kept } = jobTally(state);
    return { folder, files: due.length, bytes, skipped: wanted.length - due.length, missing: total - kept };
  } catch (error) {
    if (created !== undefined) await discardFolder(folder, created);
    throw error;
  }
}

async function stillDue(wanted: readonly Wanted[], folder: string, existing: ExistingFiles): Promise<readonly Wanted[]> {
  const there = new Set(
    await existingFiles(
      folder,
      wanted.map(({ output }) => output.path),
    ),
  );
  const due: Wanted[] = [];
  const inTheWay: string[] = [];
  for (const file of wanted) {
    const { path, size, digest } = file.output;
    if (!there.has(path)) due.push(file);
    else if ((await sizeOf(join(folder, path))) === size && (await digestOfFile(join(folder, path))) === digest) continue;
    else if (existing === 'overwrite') due.push(file);
    else if (existing === 'refuse') inTheWay.push(path);
  }
  if (inTheWay.length > 0) throw refuseExisting(folder, inTheWay, wanted.length);
  return due;
}

function holdersOf(result: ResultKept): readonly string[] {
  return [...new Set([...result.holders.map((holder) => holder.node), result.attempt.node])];
}
