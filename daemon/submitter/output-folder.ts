/** The folder that results go to: looked at, and really written to, before anything runs. */
import { randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, open, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import { pathDefect } from '../../src/model/relative-path.ts';
import { errnoOf } from './disk-errors.ts';

/** Names shown of files that are in the way. */
const mostNamed = 3;
const mostAttempts = 10;

/** `created` is the topmost folder that did not exist before; remove it again with `discardFolder` when nothing comes of it. */
export async function prepareFolder(folder: string): Promise<{ readonly created: string | undefined }> {
  const found = await stat(folder).catch(() => undefined);
  if (found !== undefined && !found.isDirectory()) throw new SupervmError('output-unwritable', `${folder} is a file, not a folder.`, 'Name a folder with -o.');
  for (let attempt = 1; ; attempt += 1) {
    let created: string | undefined;
    try {
      created = await makeFolders(folder);
      await probe(folder);
      return { created };
    } catch (error) {
      if (created !== undefined) await discardFolder(folder, created);
      // Another submission may have made it and, refused, removed it again while we looked.
      if (attempt < mostAttempts && ['ENOENT', 'EEXIST'].includes(errnoOf(error) ?? '')) continue;
      throw new SupervmError('output-unwritable', `${folder} cannot be written: ${reasonOf(error)}.`, 'Name another folder with -o.', { cause: error });
    }
  }
}

async function probe(folder: string): Promise<void> {
  const path = join(folder, `.supervm-${randomUUID()}.probe`);
  // Never through what somebody has put there.
  const file = await open(path, 'wx');
  await file.close();
  await rm(path, { force: true });
}

/**
 * Makes the folder and those above it that are missing; returns the topmost one made. Not by mkdir's `recursive`, which never ends
 * where a folder is there but takes no new ones (/proc). The daemon's own files are private; what it makes for its user is as folders usually are.
 */
export async function makeFolders(folder: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let current = folder; (await stat(current).catch(() => undefined)) === undefined; current = dirname(current)) missing.unshift(current);
  const made: string[] = [];
  try {
    for (const path of missing) if (await makeFolder(path)) made.push(path);
  } catch (error) {
    for (const path of made.toReversed()) await rmdir(path).catch(() => undefined);
    throw error;
  }
  return made[0];
}

/** False when another submission has made it since we looked: it is theirs to remove. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' && (await stat(path).catch(() => undefined))?.isDirectory() === true) return false;
    throw error;
  }
  await chmod(path, 0o755);
  return true;
}

/** Removes the folders that `prepareFolder` made, as long as they are empty. */
export async function discardFolder(folder: string, created: string): Promise<void> {
  for (let current = folder; current.length >= created.length; current = dirname(current)) {
    try {
      await rmdir(current);
    } catch {
      return;
    }
  }
}

/** Which of the relative `paths` exist below `folder`, in their order. Lists each folder once however many paths there are. */
export async function existingFiles(folder: string, paths: readonly string[]): Promise<readonly string[]> {
  const listings = new Map<string, ReadonlySet<string>>();
  const existing: string[] = [];
  for (const path of paths) {
    const slash = path.lastIndexOf('/');
    const parent = slash === -1 ? '' : path.slice(0, slash);
    let names = listings.get(parent);
    if (names === undefined) {
      names = new Set(await readdir(join(folder, parent)).catch(() => []));
      listings.set(parent, names);
    }
    if (names.has(path.slice(slash + 1))) existing.push(path);
  }
  return existing;
}

export function refuseExisting(folder: string, existing: readonly string[], total: number): SupervmError {
  const named = existing.slice(0, mostNamed).join(', ');
  const more = existing.length > mostNamed ? ` and ${existing.length - mostNamed} more` : '';
  return new SupervmError(
    'output-exists',
    `${existing.length} of ${total} files exist already in ${folder}: ${named}${more}.`,
    'Use --skip-existing to make only what is missing, --overwrite to make all of them anew, or another folder with -o.',
  );
}

/** True for a relative path that stays below its folder and is what it looks like. Output names come from other machines. */
export function staysBelow(path: string): boolean {
  return pathDefect(path) === undefined;
}

/** Size in bytes of a regular file; undefined when there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

function reasonOf(error: unknown): string {
  switch (errnoOf(error)) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'no room is left';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of the path is a file';
    case 'ENOENT':
      return 'it cannot be made there';
    case 'ENAMETOOLONG':
      return 'the name is too long';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
