/** Every file that a datablock refers to, as the scene writes it. */
import type { Datablock } from './datablocks.ts';
import { partReferences, pathParts } from './part-references.ts';
import { type BlendRecord, elementsOf, numberAt, pointerAt, textAt } from './record.ts';
import type { Reference } from './reference.ts';
import { userParts } from './sequence-users.ts';
import { stripParts, stripReferences } from './strip-references.ts';

const imageSources = { file: 1, sequence: 2, movie: 3, generated: 4, viewer: 5, tiled: 6 } as const;
/** Blender counts tiles from 1001 to here. */
const lastTile = 2000;

/** Structs to keep besides the datablocks themselves. */
export const referenceParts = [...pathParts, ...stripParts, ...userParts, 'ImageTile'] as const;
/** Datablocks that may refer to files, or say how one is shown. */
export const referenceCodes = ['AC', 'CF', 'IM', 'LA', 'LI', 'LS', 'MA', 'MC', 'ME', 'NT', 'OB', 'SC', 'SO', 'TE', 'VF', 'VO', 'WO'] as const;

function ownerOf(record: BlendRecord): string {
  return (textAt(record, 'id.name') ?? '').slice(2);
}

function isPacked(record: BlendRecord): boolean {
  return pointerAt(record, 'packedfile') !== 0n || pointerAt(record, 'packedfiles.first') !== 0n;
}

function writtenPath(record: BlendRecord): string {
  return textAt(record, 'name') ?? textAt(record, 'filepath') ?? '';
}

function formOf(block: Datablock): Pick<Reference, 'form' | 'tiles'> | undefined {
  const { code, record } = block;
  if (code === 'IM') {
    const source = numberAt(record, 'source');
    if (source === imageSources.generated || source === imageSources.viewer) return undefined;
    if (source === imageSources.sequence) return { form: 'sequence' };
    if (source !== imageSources.tiled) return { form: 'file' };
    const tiles = [...block.parts.values()].filter((part) => part.struct.name === 'ImageTile').flatMap(elementsOf);
    return { form: 'tiles', tiles: tiles.map((tile) => numberAt(tile, 'tile_number') ?? 0).filter((number) => number > 1000 && number <= lastTile) };
  }
  if (code === 'MC') return { form: numberAt(record, 'source') === 1 ? 'sequence' : 'file' };
  return { form: numberAt(record, 'is_sequence') === 1 ? 'sequence' : 'file' };
}

const kinds: { readonly [code: string]: string } = { CF: 'cache', IM: 'image', MC: 'movie clip', SO: 'sound', VF: 'font', VO: 'volume' };

function ownReference(block: Datablock): Reference[] {
  const kind = kinds[block.code];
  const form = formOf(block);
  const path = writtenPath(block.record);
  if (kind === undefined || form === undefined || path === '' || path.startsWith('<') || isPacked(block.record)) return [];
  // Sound is not rendered into frames; it travels where it is there.
  return [{ kind, owner: ownerOf(block.record), path, ...form, needed: block.code !== 'SO' }];
}

/** Files that a datablock other than a library refers to. */
export function referencesOf(block: Datablock): Reference[] {
  const strips = block.code === 'SC' ? stripReferences(block) : [];
  return [...ownReference(block), ...partReferences(block, ownerOf(block.record)), ...strips];
}

/** A library as the file that links it writes it; `undefined` for one that is packed into the file. */
export function libraryReference(library: Datablock): Reference | undefined {
  const path = writtenPath(library.record);
  if (path === '' || isPacked(library.record) || pointerAt(library.record, 'archive_parent_library') !== 0n) return undefined;
  return { kind: 'library', owner: ownerOf(library.record), path, form: 'file', needed: true };
}
