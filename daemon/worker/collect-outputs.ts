/** Takes what a task says it made into the blob store, trusting nothing but the bytes. */
import { constants, realpathSync, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import type { OutputFile } from '../../src/model/job.ts';
import { PathCollisions, portableDefect } from '../../src/model/relative-path.ts';
import { mostOutputs } from '../wire/coordination-protocol.ts';
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

/** Of one task; the blob store has a bound of its own, the disk. */
const mostBytes = 2 ** 38;
/** From this size on a file of which the disk holds next to nothing is taken for a trick: copying it would fill the disk. */
const suspiciousBytes = 2 ** 30;
const leastShare = 1 / 1024;

/** Durable when resolved. Throws `output-invalid` naming the file, or `disk-full`. What is wrong with the list is found before anything is stored. */
export async function collectOutputs(folder: OutputsFolder, listed: readonly ListedOutput[], files: BlobFiles): Promise<readonly OutputFile[]> {
  checkList(listed);
  const collected: OutputFile[] = [];
  for (const output of listed) collected.push(await collect(folder, output, files));
  return collected;
}

function checkList(listed: readonly ListedOutput[]): void {
  if (listed.length > mostOutputs) throw new SupervmError('output-invalid', `the task made ${listed.length} files; one task may make ${mostOutputs}`);
  const collisions = new PathCollisions();
  let bytes = 0;
  for (const { path, size } of listed) {
    const defect = portableDefect(path) ?? collisions.add(path);
    if (defect !== undefined) throw invalid(path, defect);
    bytes += size;
  }
  if (bytes > mostBytes) throw new SupervmError('output-invalid', `the task's files have ${bytes} bytes; those of one task may have ${mostBytes}`);
}

async function collect({ base, below }: OutputsFolder, { path, size }: ListedOutput, files: BlobFiles): Promise<OutputFile> {
  const place = join(realpathSync(base), below, path);
  await using file = await openRegular(place, path);
  const readable = await sameFile(file, place, path);
  const before = await file.stat();
  if (before.nlink !== 1) throw invalid(path, 'is a hard link');
  if (before.size !== size) throw invalid(path, `has ${before.size} bytes, but had ${size} when the task was done`);
  if (size >= suspiciousBytes && before.blocks * 512 < size * leastShare)
    throw invalid(path, `says it has ${size} bytes and is empty but for ${before.blocks * 512}`);
  const blob = await files.putFile(readable);
  const after = await file.stat();
  if (blob.size !== size || after.size !== size || after.mtimeMs !== before.mtimeMs || after.ctimeMs !== before.ctimeMs)
    throw invalid(path, 'was changed while it was read');
  return { path, digest: blob.digest, size };
}

/** Checked before it is opened too: opening a pipe or a device can wait for ever or do something. */
async function openRegular(place: string, path: string): Promise<FileHandle> {
  const found = await lstat(place).catch(() => undefined);
  if (found === undefined) throw invalid(path, 'is missing');
  if (!found.isFile()) throw invalid(path, `is ${kindOf(found)}, not a regular file`);
  const file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) throw invalid(path, 'cannot be read');
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw invalid(path, 'is not a regular file');
}

function kindOf(found: Stats): string {
  if (found.isSymbolicLink()) return 'a link';
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
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
