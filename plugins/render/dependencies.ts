/** Every file that a scene needs, those of its libraries and their libraries included. */
import { basename, dirname } from 'node:path';
import type { InputsLimits } from '../../src/plugin/job-type.ts';
import { type BlendContents, readBlend } from './blend/read-blend.ts';
import type { Reference } from './blend/references.ts';
import type { SceneScript } from './blend/scripts.ts';
import { type FoundFiles, findReferenced } from './referenced-files.ts';
import { isAbsoluteWritten, resolveWritten } from './written-path.ts';

export interface MissingFile {
  readonly path: string;
  readonly kind: string;
  readonly owner: string;
  /** The .blend file that refers to it. */
  readonly from: string;
}

export interface FoundScript extends SceneScript {
  /** The .blend file that brings it. */
  readonly from: string;
}

export interface Dependencies {
  readonly scene: BlendContents;
  /** The newest version among the scene and its libraries. */
  readonly version: number;
  /** Absolute, the scene first, each once. */
  readonly files: readonly string[];
  readonly missing: readonly MissingFile[];
  /** Paths as written that do not move with the scene, and where they lead here. */
  readonly absolute: ReadonlyMap<string, string>;
  /** Code of the scene's and its libraries' own. */
  readonly scripts: readonly FoundScript[];
}

const libraryLimit = 10_000;

/** Point caches on disk lie in a folder that no datablock names. */
function pointCache(blend: string): Reference {
  const name = basename(blend, '.blend');
  return { kind: 'point cache', owner: name, path: `//blendcache_${name}`, form: 'folder', needed: false };
}

/** A library that cannot be read is as good as missing; a scene that cannot be read is refused. */
async function contentsOf(blend: string, isScene: boolean): Promise<BlendContents | undefined> {
  try {
    return await readBlend(blend);
  } catch (error) {
    if (isScene) throw error;
    return undefined;
  }
}

/** `scene` is absolute. What lies outside the limits is missing, whatever is there. Throws `not-a-scene`. */
export async function findDependencies(scenePath: string, { within, allows = async () => true }: InputsLimits = {}): Promise<Dependencies> {
  const workFolder = dirname(scenePath);
  const files = new Set([scenePath]);
  const missing = new Map<string, MissingFile>();
  const absolute = new Map<string, string>();
  const scripts: FoundScript[] = [];
  const waiting = [scenePath];
  const seen = new Set(waiting);
  let scene: BlendContents | undefined;
  let version = 0;

  async function follow(reference: Reference, from: string): Promise<void> {
    const path = resolveWritten(reference.path, dirname(from), workFolder);
    const isOutside = (within !== undefined && !path.startsWith(`${within}/`)) || !(await allows(path));
    const found = isOutside ? { files: [], missing: [path] } : await onlyAllowed(await findReferenced(reference, path), allows);
    for (const file of found.files) files.add(file);
    if (isAbsoluteWritten(reference.path) && found.files.length > 0) absolute.set(reference.path, path);
    if (reference.needed) for (const lost of found.missing) missing.set(lost, { path: lost, kind: reference.kind, owner: reference.owner, from });
    if (reference.kind === 'library' && found.files.length > 0 && !seen.has(path) && seen.size < libraryLimit) {
      seen.add(path);
      waiting.push(path);
    }
  }

  for (let blend = waiting.shift(); blend !== undefined; blend = waiting.shift()) {
    const contents = await contentsOf(blend, scene === undefined);
    if (contents === undefined) {
      missing.set(blend, { path: blend, kind: 'library that cannot be read', owner: basename(blend), from: scenePath });
      continue;
    }
    scene ??= contents;
    version = Math.max(version, contents.version);
    const from = blend;
    // Text blocks of libraries are registered by nobody.
    const own = contents.scripts.filter(({ kind }) => kind !== 'text' || contents === scene);
    scripts.push(...own.map((script) => ({ ...script, from })));
    for (const reference of [...contents.references, pointCache(blend)]) await follow(reference, blend);
  }
  if (scene === undefined) throw new RangeError('a scene was not read');
  return { scene, version, files: [...files], missing: [...missing.values()], absolute, scripts };
}

/** A link in an allowed folder may lead out of it. */
async function onlyAllowed({ files, missing }: FoundFiles, allows: (path: string) => Promise<boolean>): Promise<FoundFiles> {
  const allowed = await Promise.all(files.map((file) => allows(file)));
  return { files: files.filter((_, place) => allowed[place] === true), missing: [...missing, ...files.filter((_, place) => allowed[place] !== true)] };
}
