/** The user's own job types: one folder each below `<home>/job-types`, trusted like the program itself and therefore checked like it. */
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { SupervmError } from '../model/errors.ts';
import type { Digest } from '../model/job.ts';
import { pluginsFolder } from './program-files.ts';

/** `detect` alone may be left out. */
export type TypeFile = 'manifest' | 'inputs' | 'plan' | 'run' | 'detect';

export interface OwnJobType {
  readonly name: string;
  /** Absolute, without links. */
  readonly folder: string;
  /** Absolute paths of all files, sorted. */
  readonly files: readonly string[];
}

export interface FoundJobTypes {
  readonly types: readonly OwnJobType[];
  /** Folders that cannot be used; the others can. */
  readonly broken: readonly { readonly name: string; readonly error: SupervmError }[];
}

/** A job type's name: of its folder, its command and its manifest. */
const typeName = /^[a-z][a-z0-9-]{0,63}$/;

const required: readonly TypeFile[] = ['manifest', 'inputs', 'plan', 'run'];
/** More is not a job type but somebody's whole project. */
export const mostFiles = 2_000;
const mostBytes = 64 * 2 ** 20;

/** All that is below the folder; a folder that is not there holds none. */
export function findOwnJobTypes(folder: string): FoundJobTypes {
  const types: OwnJobType[] = [];
  const { names, error: unreadable } = listOwnJobTypes(folder);
  const broken = unreadable === undefined ? [] : [{ name: '', error: unreadable }];
  for (const name of names) {
    try {
      types.push(openOwnJobType(folder, name));
    } catch (error) {
      broken.push({ name, error: brokenBy(error, name, join(folder, name)) });
    }
  }
  return { types, broken };
}

/** Names of what is meant to be a job type there, usable or not; none, and why, where the folder cannot be read. */
export function listOwnJobTypes(folder: string): { readonly names: readonly string[]; readonly error?: SupervmError } {
  if (!existsSync(folder)) return { names: [] };
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return { names: entries.filter((entry) => !entry.isFile() && !entry.name.startsWith('.')).map((entry) => entry.name) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new SupervmError('broken-job-type', `Your own job types cannot be read: ${folder}: ${reason}.`, 'It must be a folder that you may read.', {
      cause,
    });
    return { names: [], error };
  }
}

/** Names that come with supervm; nobody else can have them. */
export function builtInNames(): readonly string[] {
  const entries = readdirSync(pluginsFolder(), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && typeName.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/** Throws `broken-job-type`, naming the file and the cause. */
export function openOwnJobType(parent: string, name: string): OwnJobType {
  const place = join(parent, name);
  if (!typeName.test(name)) throw brokenType(name, place, 'its name is not made of lower-case letters, digits and -', 'Rename the folder.');
  if (builtInNames().includes(name)) {
    throw brokenType(name, place, `"${name}" is built in, and the built-in one is used`, 'Rename the folder, and the name in its manifest.');
  }
  try {
    assertTrusted(name, parent, 'folder');
    assertReadable(name, place, assertTrusted(name, place, 'folder'));
    const files = filesOf(name, place);
    const type = { name, folder: realpathSync(place), files };
    for (const file of required) typeFile(type, file);
    return type;
  } catch (error) {
    throw brokenBy(error, name, place);
  }
}

/** The `.ts` file, run as it is, or the `.js` file. Throws `broken-job-type` when it is required and not there. */
export function typeFile(type: OwnJobType, file: Exclude<TypeFile, 'detect'>): string;
export function typeFile(type: OwnJobType, file: TypeFile): string | undefined;
export function typeFile(type: OwnJobType, file: TypeFile): string | undefined {
  const found = [`${file}.ts`, `${file}.js`].map((name) => join(type.folder, name)).find((path) => existsSync(path));
  if (found === undefined && file !== 'detect') throw brokenType(type.name, join(type.folder, `${file}.ts`), 'it is missing (or the same as .js)');
  return found;
}

/** Of all its files: where the digest is the same the code is. */
export function digestOfFiles(folder: string, files: readonly string[]): Digest {
  const digest = typeDigest(folder);
  for (const file of files.toSorted()) digest.add(file, readFileSync(file));
  return digest.end();
}

/** The same for whoever reads the files otherwise, sorted. */
export function typeDigest(folder: string): { add(file: string, bytes: Buffer): void; end(): Digest } {
  // Asked for only here: loading node:crypto costs every command some milliseconds.
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
  return {
    add(file, bytes) {
      hash.update(`${file.slice(folder.length)}\0${bytes.length}\0`).update(bytes);
    },
    end: () => hash.digest('hex'),
  };
}

export function brokenType(name: string, place: string, cause: string, hint = ''): SupervmError {
  return new SupervmError('broken-job-type', `The job type "${name}" cannot be used: ${place}: ${cause}.`, hint);
}

/** Whatever kept a job type from being read, as its fault. */
export function brokenBy(error: unknown, name: string, place: string): SupervmError {
  return error instanceof SupervmError ? error : brokenType(name, place, error instanceof Error ? error.message : String(error));
}

function filesOf(name: string, place: string): readonly string[] {
  const files: string[] = [];
  let bytes = 0;
  for (const entry of readdirSync(place, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const found = assertTrusted(name, path, entry.isDirectory() ? 'folder' : 'file');
    assertReadable(name, path, found);
    if (entry.isDirectory()) continue;
    files.push(realpathSync(path));
    bytes += found.size;
    if (files.length > mostFiles || bytes > mostBytes) {
      throw brokenType(name, place, `it holds more than ${mostFiles} files or ${mostBytes / 2 ** 20} MiB`, 'Keep there only what the job type runs.');
    }
  }
  return files.sort();
}

/** Whoever could change it could run what they like as this user, here and on every node. */
function assertTrusted(name: string, path: string, kind: 'folder' | 'file'): Stats {
  const found = lstatSync(path);
  if (!(kind === 'folder' ? found.isDirectory() : found.isFile()))
    throw brokenType(name, path, `it is not a ${kind}`, 'Links are not followed: put the files there.');
  const user = process.getuid?.();
  if (user !== undefined && found.uid !== user)
    throw brokenType(name, path, 'it belongs to another user', `chown it to the user who runs supervm (id ${user}).`);
  if ((found.mode & 0o022) !== 0) throw brokenType(name, path, 'others may write to it', `chmod go-w ${path}`);
  return found;
}

/** What tasks are when the daemon is root is nobody, who sees the folder inside the sandbox but reads only what everybody may. */
function assertReadable(name: string, path: string, found: Stats): void {
  const isRoot = process.getuid?.() === 0;
  const wanted = (found.isDirectory() ? 0o005 : 0o004) * (isRoot ? 1 : 0o100);
  if ((found.mode & wanted) === wanted) return;
  if (!isRoot) throw brokenType(name, path, 'it cannot be read', `chmod -R u+rX ${path}`);
  throw brokenType(name, path, 'tasks of a root daemon run as another user, who cannot read it', `chmod -R a+rX ${path}`);
}
