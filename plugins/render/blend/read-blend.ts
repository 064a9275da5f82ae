/** Reads what rendering must know of a .blend file, without Blender. */
import { type Datablock, openScene } from './datablocks.ts';
import { numberAt, pointerAt, textAt } from './record.ts';
import type { Reference } from './reference.ts';
import { libraryReference, referenceCodes, referenceParts, referencesOf } from './references.ts';
import { notAScene } from './refusal.ts';
import { readSceneFacts, type SceneFacts, sceneParts } from './scene-facts.ts';
import { compilesShaders, type SceneScript, scriptCodes, scriptParts, scriptsOf } from './scripts.ts';
import { type SequenceUser, sequenceUsersOf, shownOf } from './sequence-users.ts';

export interface BlendContents {
  /** Of the Blender that saved it, as Blender counts: 304 is 3.4. */
  readonly version: number;
  readonly scenes: readonly SceneFacts[];
  /** The scene that was open when the file was saved. */
  readonly activeScene?: SceneFacts;
  /** Names of camera objects in this file. */
  readonly cameras: readonly string[];
  /** Names of objects and scenes that lie in libraries, as `OBname` and `SCname`. */
  readonly linked: readonly string[];
  readonly references: readonly Reference[];
  /** Code of its own. */
  readonly scripts: readonly SceneScript[];
  /** Kinds of node trees that are not Blender's own: an add-on's identifiers. */
  readonly foreignTrees: readonly string[];
}

/** Scenes, cameras, links, files and scripts in one file. */
const mostFound = 200_000;
const cameraType = 11;
const codes = new Set<string>(['GLOB', 'ID', ...referenceCodes, ...scriptCodes]);
const structs = new Set<string>([...sceneParts, ...referenceParts, ...scriptParts]);

const ownTrees = /^(?:(?:Compositor|Geometry|Shader|Texture)NodeTree|NodeTreeUndefined|)$/;

function isCamera(block: Datablock): boolean {
  return block.code === 'OB' && numberAt(block.record, 'type') === cameraType;
}

/** Throws `not-a-scene` for what is empty, no .blend file, truncated or damaged, and Node's error for what cannot be opened. */
export async function readBlend(path: string): Promise<BlendContents> {
  try {
    return await contentsOf(path);
  } catch (error) {
    throw error instanceof RangeError ? notAScene(path, error.message, error) : error;
  }
}

async function contentsOf(path: string): Promise<BlendContents> {
  const { header, datablocks } = await openScene(path);
  let fileVersion = header.version * 1000;
  let active = 0n;
  let library: Datablock | undefined;
  const scenes: SceneFacts[] = [];
  const cameras: string[] = [];
  const linked: string[] = [];
  const references: Reference[] = [];
  /** Where in `references` each image sequence is, by its address. */
  const sequences = new Map<bigint, number>();
  const users: SequenceUser[] = [];
  const scripts: SceneScript[] = [];
  const trees = new Set<string>();
  let compiles = false;
  for await (const block of datablocks({ codes, structs })) {
    if (scenes.length + cameras.length + linked.length + references.length + users.length + scripts.length + trees.size > mostFound)
      throw notAScene(path, 'holds more than any scene does');
    if (block.code === 'GLOB') {
      fileVersion += numberAt(block.record, 'subversion') ?? 0;
      active = pointerAt(block.record, 'curscene');
    } else if (block.code === 'ID') {
      linked.push(textAt(block.record, 'name') ?? textAt(block.record, 'id.name') ?? '');
      // Blender opens only libraries of which something is linked.
      const reference = library === undefined ? undefined : libraryReference(library);
      if (reference !== undefined) references.push(reference);
      library = undefined;
    } else {
      library = block.code === 'LI' ? block : undefined;
      // The file's own settings come first: no scene need be kept until the end.
      if (block.code === 'SC') scenes.push(readSceneFacts(block, fileVersion));
      if (isCamera(block)) cameras.push((textAt(block.record, 'id.name') ?? '').slice(2));
      const found = referencesOf(block);
      if (block.code === 'IM' && found[0]?.form === 'sequence') sequences.set(block.address, references.length);
      references.push(...found);
      for (const user of sequenceUsersOf(block)) users.push(user);
      scripts.push(...scriptsOf(block));
      if (block.code === 'NT') trees.add(textAt(block.record, 'idname') ?? '');
      compiles ||= block.code === 'SC' && compilesShaders(block);
    }
  }
  const usersOf = Map.groupBy(users, ({ image }) => image);
  for (const [address, place] of sequences) references[place] = { ...(references[place] as Reference), shown: usersOf.get(address)?.map(shownOf) ?? [] };
  const activeScene = scenes.find((scene) => scene.address === active) ?? scenes[0];
  return {
    version: header.version,
    scenes,
    ...(activeScene === undefined ? {} : { activeScene }),
    cameras,
    linked,
    references,
    scripts: scripts.filter(({ kind }) => kind !== 'shader' || compiles),
    foreignTrees: [...trees].filter((name) => !ownTrees.test(name)),
  };
}
