/** A tree lists the files of a folder by digest; its canonical bytes are a blob, so its digest names the whole folder. */
import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { SupervmError } from '../../src/model/errors.ts';
import type { TreeEntry } from '../../src/model/job.ts';
import { PathCollisions, pathDefect } from '../../src/model/relative-path.ts';
import type { Tree } from './blobs.ts';

const digestShape = /^[0-9a-f]{64}$/;
/** Of one job: more than any scene has, and checked in well under a second. */
const mostEntries = 100_000;
const mostBytes = 2 ** 44;

/** Canonical bytes of the entries, in any order given. Throws `tree-invalid` for a path that climbs, repeats, or is both file and folder. */
export function encodeTree(entries: readonly TreeEntry[]): Uint8Array {
  const sorted = entries.map(({ path, digest, size, mode }) => ({ path, digest, size, mode })).toSorted((a, b) => comparePaths(a.path, b.path));
  checkEntries(sorted);
  return encode(sorted, rfc8949EncodeOptions);
}

/** The entries, sorted by path. Throws `tree-invalid` for anything `encodeTree` would not have written. */
export function decodeTree(bytes: Uint8Array): Tree {
  const entries = readEntries(bytes);
  checkEntries(entries);
  return entries;
}

function readEntries(bytes: Uint8Array): TreeEntry[] {
  let list: unknown;
  try {
    list = decode(bytes, { strict: true, rejectDuplicateMapKeys: true, allowUndefined: false, allowIndefinite: false });
  } catch (cause) {
    throw new SupervmError('tree-invalid', 'the list of input files is not canonical CBOR', '', { cause });
  }
  if (!Array.isArray(list)) throw new SupervmError('tree-invalid', 'the list of input files is not a list');
  return list.map(readEntry);
}

function readEntry(value: unknown): TreeEntry {
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 4) {
    const { path, digest, size, mode } = value as Record<string, unknown>;
    if (typeof path === 'string' && typeof digest === 'string' && typeof size === 'number' && typeof mode === 'number') return { path, digest, size, mode };
  }
  throw new SupervmError('tree-invalid', 'the list of input files has an entry of an unknown shape');
}

function checkEntries(sorted: readonly TreeEntry[]): void {
  if (sorted.length > mostEntries) throw new SupervmError('tree-invalid', `there are ${sorted.length} input files; a job may have ${mostEntries}`);
  const collisions = new PathCollisions();
  let previous: string | undefined;
  let bytes = 0;
  for (const entry of sorted) {
    const defect = entryDefect(entry, previous) ?? collisions.add(entry.path);
    if (defect !== undefined) throw new SupervmError('tree-invalid', `the input file ${JSON.stringify(entry.path)} ${defect}`);
    previous = entry.path;
    bytes += entry.size;
  }
  if (bytes > mostBytes) throw new SupervmError('tree-invalid', `the input files take ${bytes} bytes; a job's may take ${mostBytes}`);
}

function entryDefect(entry: TreeEntry, previous: string | undefined): string | undefined {
  const defect = pathDefect(entry.path);
  if (defect !== undefined) return defect;
  if (previous === entry.path) return 'is listed twice';
  if (previous !== undefined && comparePaths(previous, entry.path) > 0) return 'is not in its place';
  if (!digestShape.test(entry.digest)) return 'has no valid digest';
  if (!Number.isSafeInteger(entry.size) || entry.size < 0) return 'has no valid size';
  if (!Number.isInteger(entry.mode) || entry.mode < 0 || entry.mode > 0o777) return 'has permissions that are not allowed';
  return undefined;
}

/** By UTF-16 code units: the same everywhere, whatever the locale. */
function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
