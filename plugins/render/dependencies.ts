/** Every file that a scene needs, those of its libraries and their libraries included. */
import { basename, dirname, join } from 'node:path';
import type { IntegerRange } from '../../src/model/job.ts';
import type { InputsLimits } from '../../src/plugin/job-type.ts';
import { type BlendContents, readBlend } from './blend/read-blend.ts';
import type { Reference } from './blend/reference.ts';
import type { SceneScript } from './blend/scripts.ts';
import { type FoundFiles, findReferenced, isReadableFile } from './referenced-files.ts';
import { type LookBudget, picturesShown } from './sequence-pictures.ts';
import { endsOf, isAbsoluteWritten, isOfWindows, resolveWritten } from './written-path.ts';

export interface MissingFile {
  /** As it is written where that is a path of Windows; otherwise where it was looked for. */
  readonly path: string;
  readonly kind: string;
  readonly owner: string;
  /** The .blend file that refers to it. */
  readonly from: string;
  /** Frames are wrong without it. */
  readonly needed: boolean;
  /** A file that may be meant, below the folder of `from`. */
  readonly beside?: string;
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

/** Which frames are to be rendered: known once the scene is read. */
export type FramesOf = (scene: BlendContents) => readonly IntegerRange[];

const libraryLimit = 10_000;
const mostFramesLookedAt = 2_000_000;
/** Missing files for which one of that name is looked for. */
const mostLookedBeside = 50;

/** The folder of point caches on disk is named by no datablock: Blender takes off six characters, whatever they are. */
function ownCaches(blend: string): string {
  const name = basename(blend);
  return `//blendcache_${name.length > 6 ? name.slice(0, -6) : name}`;
}

/** Looked for beside every .blend file, as Blender does. */
const perhapsCaches: Reference = { kind: 'point cache', owner: '', path: '', form: 'own-caches', needed: false };

/** A library that cannot be read is as good as missing; a scene that cannot be read is refused. */
async function contentsOf(blend: string, isScene: boolean): Promise<BlendContents | undefined> {
  try {
    return await readBlend(blend);
  } catch (error) {
    if (isScene) throw error;
    return undefined;
  }
}

/** A link in an allowed folder may lead out of it. */
async function onlyAllowed({ files, missing }: FoundFiles, allows: (path: string) => Promise<boolean>): Promise<FoundFiles> {
  const allowed = await Promise.all(files.map((file) => allows(file)));
  return { files: files.filter((_, place) => allowed[place] === true), missing: [...missing, ...files.filter((_, place) => allowed[place] !== true)] };
}

class Search {
  readonly files: Set<string>;
  readonly missing = new Map<string, MissingFile>();
  readonly absolute = new Map<string, string>();
  /** .blend files not read yet. */
  readonly waiting: string[];
  readonly #seen: Set<string>;
  readonly #workFolder: string;
  readonly #limits: InputsLimits;
  readonly #budget: LookBudget = { left: mostFramesLookedAt };
  #lookedBeside = 0;

  constructor(scenePath: string, limits: InputsLimits) {
    this.files = new Set([scenePath]);
    this.waiting = [scenePath];
    this.#seen = new Set(this.waiting);
    this.#workFolder = dirname(scenePath);
    this.#limits = limits;
  }

  async #mayUse(path: string): Promise<boolean> {
    const { within, allows } = this.#limits;
    return (within === undefined || path.startsWith(`${within}/`)) && (await allows?.(path)) !== false;
  }

  /** Only told, never taken: a plain Blender would not look there. */
  async #beside(written: string, folder: string): Promise<string | undefined> {
    this.#lookedBeside += 1;
    if (this.#lookedBeside > mostLookedBeside) return undefined;
    for (const end of endsOf(written)) {
      const path = join(folder, end);
      if ((await this.#mayUse(path)) && (await isReadableFile(path))) return path;
    }
    return undefined;
  }

  async #lose({ kind, owner, form, needed }: Reference, written: string, from: string, found: FoundFiles): Promise<void> {
    // Folders of caches that were never baked are absent by right, and nobody misses them.
    if (found.missing.length === 0 || (!needed && (form === 'folder' || form === 'own-caches'))) return;
    const isForeign = isOfWindows(written) && found.files.length === 0;
    const beside = isForeign ? await this.#beside(written, dirname(from)) : undefined;
    for (const path of isForeign ? [written] : found.missing) {
      const known = this.missing.get(path);
      if (known?.needed !== true) this.missing.set(path, { path, kind, owner, from, needed, ...(beside === undefined ? {} : { beside }) });
    }
  }

  async follow(reference: Reference, from: string, frames: readonly IntegerRange[]): Promise<void> {
    const written = reference.form === 'own-caches' ? ownCaches(from) : reference.path;
    const path = resolveWritten(written, dirname(from), this.#workFolder);
    const pictures = reference.shown === undefined ? undefined : picturesShown(reference.shown, frames, this.#budget);
    const found = (await this.#mayUse(path))
      ? await onlyAllowed(await findReferenced(reference, path, pictures), (file) => this.#mayUse(file))
      : { files: [], missing: [path] };
    for (const file of found.files) this.files.add(file);
    if (reference.isCarried !== true && isAbsoluteWritten(written) && found.files.length > 0) this.absolute.set(written, path);
    await this.#lose(reference, written, from, found);
    if (reference.kind === 'library' && found.files.length > 0 && !this.#seen.has(path) && this.#seen.size < libraryLimit) {
      this.#seen.add(path);
      this.waiting.push(path);
    }
  }
}

/** `scene` is absolute. What lies outside the limits is missing, whatever is there. Throws `not-a-scene`, and what `framesOf` throws. */
export async function findDependencies(scenePath: string, limits: InputsLimits = {}, framesOf: FramesOf = () => []): Promise<Dependencies> {
  const search = new Search(scenePath, limits);
  const scripts: FoundScript[] = [];
  let scene: BlendContents | undefined;
  let frames: readonly IntegerRange[] = [];
  let version = 0;
  for (let blend = search.waiting.shift(); blend !== undefined; blend = search.waiting.shift()) {
    const contents = await contentsOf(blend, scene === undefined);
    if (contents === undefined) {
      search.missing.set(blend, { path: blend, kind: 'library that cannot be read', owner: basename(blend), from: scenePath, needed: true });
      continue;
    }
    if (scene === undefined) {
      scene = contents;
      frames = framesOf(contents);
    }
    version = Math.max(version, contents.version);
    const from = blend;
    // Text blocks of libraries are registered by nobody.
    const own = contents.scripts.filter(({ kind }) => kind !== 'text' || contents === scene);
    scripts.push(...own.map((script) => ({ ...script, from })));
    for (const reference of [...contents.references, perhapsCaches]) await search.follow(reference, blend, frames);
  }
  if (scene === undefined) throw new RangeError('a scene was not read');
  return { scene, version, files: [...search.files], missing: [...search.missing.values()], absolute: search.absolute, scripts };
}
