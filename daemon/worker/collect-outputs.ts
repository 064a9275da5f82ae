/** Takes what a task says it made into the blob store, trusting nothing but the bytes. */
import { constants, realpathSync } from 'node:fs';
import { type FileHandle, lstat, open, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import type { OutputFile } from '../../src/model/job.ts';
import { pathDefect } from '../../src/model/relative-path.ts';
import type { BlobFiles } from './task-needs.ts';

export interface ListedOutput {
  /** Relative to the outputs folder. */
  readonly path: string;
  /** As the session saw it. */
  readonly size: number;
}

export interface OutputsFolder {
  /** Which no task can write into or replace. */
  readonly base: string;
  /** Relative to it; from here on everything may be the task's, and be a link. */
  readonly below: string;
}

/** Durable when resolved. Throws `output-invalid` naming the file, or `disk-full`. */
export async function collectOutputs(folder: OutputsFolder, listed: readonly ListedOutput[], files: BlobFiles): Promise<readonly OutputFile[]> {
  const collected = new Map<string, OutputFile>();
  for (const output of listed) {
    if (collected.has(output.path)) throw invalid(output.path, 'is listed twice');
    collected.set(output.path, await collect(folder, output, files));
  }
  return [...collected.values()];
}

async function collect({ base, below }: OutputsFolder, { path, size }: ListedOutput, files: BlobFiles): Promise<OutputFile> {
  const defect = pathDefect(path);
  if (defect !== undefined) throw invalid(path, defect);
  const place = join(realpathSync(base), below, path);
  await using file = await openRegular(place, path);
  const seen = await file.stat();
  if (seen.nlink !== 1) throw invalid(path, 'is a hard link');
  const blob = await files.putFile(await sameFile(file, place, path));
  if (blob.size !== size) throw invalid(path, `has ${blob.size} bytes, but had ${size} when the task was done`);
  return { path, digest: blob.digest, size };
}

/** Checked before it is opened too: opening a pipe or a device can wait for ever or do something. */
async function openRegular(place: string, path: string): Promise<FileHandle> {
  const found = await lstat(place).catch(() => undefined);
  if (found === undefined) throw invalid(path, 'is missing');
  if (!found.isFile()) throw invalid(path, 'is not a regular file');
  const file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) throw invalid(path, 'cannot be read');
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw invalid(path, 'is not a regular file');
}

/**
 * A path to exactly the open file. The task may have swapped folders for links, and may still do so: what is really open counts,
 * where the system shows it.
 */
async function sameFile(file: FileHandle, place: string, path: string): Promise<string> {
  const opened = `/proc/self/fd/${file.fd}`;
  const real = await readlink(opened).catch(() => undefined);
  if (real === undefined && realpathSync(place) === place) return place;
  if (real === place) return opened;
  await file.close();
  throw invalid(path, 'leads out of the outputs folder');
}

function invalid(path: string, why: string): SupervmError {
  return new SupervmError('output-invalid', `the output file ${JSON.stringify(path)} ${why}`);
}
