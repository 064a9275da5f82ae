/** Finds on the disk what one reference of a scene means. */
import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Reference } from './blend/reference.ts';

export interface FoundFiles {
  readonly files: readonly string[];
  /** Paths that should be there and are not. */
  readonly missing: readonly string[];
}

/** A scene names folders for caches alone, and may name any: nothing else in them travels, and what lies deep is not looked for. */
const cacheFile = /\.(?:abc|blob|bobj|bphys|exr|gz|jpe?g|json|mdd|obj|pc2|png|raw|tif|uni|usdc?|vdb)$/i;
const folderDepth = 4;
const folderFileLimit = 100_000;

/** A regular file that can be read? */
export async function isReadableFile(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) return false;
    await access(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Files beside `path` whose names match, sorted. */
async function siblings(path: string, form: RegExp): Promise<string[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter((name) => form.test(name))
    .toSorted()
    .map((name) => join(dirname(path), name));
}

async function single(path: string): Promise<FoundFiles> {
  return (await isReadableFile(path)) ? { files: [path], missing: [] } : { files: [], missing: [path] };
}

/** Blender counts in the last digits before the extension. `pictures`: numbers of those that are known to be shown. */
async function sequence(path: string, pictures: Iterable<number>): Promise<FoundFiles> {
  const extension = extname(path);
  const match = /^(.*?)(\d+)(\D*)$/.exec(basename(path, extension));
  if (match === null) return single(path);
  const [head, digits, tail] = [match[1] as string, match[2] as string, `${match[3] as string}${extension}`];
  const files = await siblings(path, new RegExp(`^${literal(head)}\\d+${literal(tail)}$`));
  if (files.length === 0) return { files, missing: [path] };
  const there = new Set(files);
  const shown = Array.from(pictures, (number) => join(dirname(path), `${head}${`${number}`.padStart(digits.length, '0')}${tail}`));
  return { files, missing: shown.filter((file) => !there.has(file)) };
}

const udim = '<UDIM>';
const uvTile = '<UVTILE>';

function tileName(path: string, tile: number): string {
  const place = tile - 1001;
  return path.replaceAll(udim, `${tile}`).replaceAll(uvTile, `u${(place % 10) + 1}_v${Math.floor(place / 10) + 1}`);
}

async function tiled(path: string, tiles: readonly number[]): Promise<FoundFiles> {
  // Blender 2.8x to 3.0 kept the first tile's number instead of a mark.
  const marked = path.includes(udim) || path.includes(uvTile) ? path : join(dirname(path), basename(path).replace(/1001(?!.*1001)/, udim));
  const found = await Promise.all([...new Set(tiles.map((tile) => tileName(marked, tile)))].map(single));
  if (found.length > 0) return { files: found.flatMap((each) => each.files), missing: found.flatMap((each) => each.missing) };
  const form = literal(basename(marked)).replace(udim, '\\d{4}').replace(uvTile, 'u\\d+_v\\d+');
  const files = await siblings(marked, new RegExp(`^${form}$`));
  return { files, missing: files.length === 0 ? [path] : [] };
}

async function folder(path: string): Promise<FoundFiles> {
  const files: string[] = [];
  const waiting = [{ folder: path, depth: 0 }];
  for (let next = waiting.shift(); next !== undefined && files.length < folderFileLimit; next = waiting.shift()) {
    for (const entry of await readdir(next.folder, { withFileTypes: true }).catch(() => [])) {
      if (entry.isFile() && cacheFile.test(entry.name)) files.push(join(next.folder, entry.name));
      else if (entry.isDirectory() && next.depth < folderDepth && waiting.length < folderFileLimit)
        waiting.push({ folder: join(next.folder, entry.name), depth: next.depth + 1 });
    }
  }
  return { files: files.slice(0, folderFileLimit), missing: files.length === 0 ? [path] : [] };
}

/** `path` is the reference's, resolved; `pictures` the numbers of those of a sequence that must be there. */
export function findReferenced(reference: Reference, path: string, pictures: Iterable<number> = []): Promise<FoundFiles> {
  switch (reference.form) {
    case 'file':
      return single(path);
    case 'sequence':
      return sequence(path, pictures);
    case 'tiles':
      return tiled(path, reference.tiles ?? []);
    case 'folder':
    case 'own-caches':
      return folder(path);
  }
}
