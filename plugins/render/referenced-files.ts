/** Finds on the disk what one reference of a scene means. */
import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Reference } from './blend/references.ts';

export interface FoundFiles {
  readonly files: readonly string[];
  /** Paths that should be there and are not. */
  readonly missing: readonly string[];
}

/** A scene names folders for caches alone, and may name any: nothing else in them travels, and what lies deep is not looked for. */
const cacheFile = /\.(?:abc|bobj|bphys|exr|gz|jpe?g|json|mdd|obj|pc2|png|raw|tif|uni|usdc?|vdb)$/i;
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

/** Blender counts in the last digits before the extension. */
async function sequence(path: string): Promise<FoundFiles> {
  const extension = extname(path);
  const match = /^(.*?)(\d+)(\D*)$/.exec(basename(path, extension));
  if (match === null) return single(path);
  const files = await siblings(path, new RegExp(`^${literal(match[1] as string)}\\d+${literal(match[3] as string)}${literal(extension)}$`));
  return { files, missing: files.length === 0 ? [path] : [] };
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

/** `path` is the reference's, resolved. */
export function findReferenced(reference: Reference, path: string): Promise<FoundFiles> {
  switch (reference.form) {
    case 'file':
      return single(path);
    case 'sequence':
      return sequence(path);
    case 'tiles':
      return tiled(path, reference.tiles ?? []);
    case 'folder':
      return folder(path);
  }
}
