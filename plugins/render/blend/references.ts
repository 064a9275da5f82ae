/** Every file that a datablock refers to, as the scene writes it. */
import type { Datablock } from './datablocks.ts';
import { type BlendRecord, elementsOf, numberAt, pointerAt, textAt } from './record.ts';

export interface Reference {
  /** `library`, `image`, `font` ...: for people. */
  readonly kind: string;
  /** Name of the datablock. */
  readonly owner: string;
  /** As written: `//` begins at the folder of the file it is written in. */
  readonly path: string;
  /** `file`: just it; `sequence`: it and its numbered siblings; `tiles`: one file a tile; `folder`: whatever lies there. */
  readonly form: 'file' | 'sequence' | 'tiles' | 'folder';
  /** Numbers of the tiles, for `tiles`. */
  readonly tiles?: readonly number[];
  /** Its absence makes wrong frames. Caches of simulations that were never baked are absent by right. */
  readonly needed: boolean;
}

const imageSources = { file: 1, sequence: 2, movie: 3, generated: 4, viewer: 5, tiled: 6 } as const;
/** Blender counts tiles from 1001 to here. */
const lastTile = 2000;
const stripTypes = { image: 0, movie: 3 } as const;

/** Path fields of structs that belong to objects, meshes and node trees. `when` names a field that must hold a value. */
const partPaths: {
  readonly [struct: string]: { readonly kind: string; readonly field: string; readonly form: Reference['form']; readonly when?: [string, number] };
} = {
  CustomDataExternal: { kind: 'multiresolution data', field: 'filename', form: 'file' },
  FluidDomainSettings: { kind: 'fluid cache', field: 'cache_directory', form: 'folder' },
  MeshCacheModifierData: { kind: 'mesh cache', field: 'filepath', form: 'file' },
  NodeShaderScript: { kind: 'shader script', field: 'filepath', form: 'file', when: ['mode', 1] },
  NodeShaderTexIES: { kind: 'light profile', field: 'filepath', form: 'file', when: ['mode', 1] },
  OceanModifierData: { kind: 'ocean cache', field: 'cachepath', form: 'folder', when: ['cached', 1] },
};

/** Structs to keep besides the datablocks themselves. */
export const referenceParts = [...Object.keys(partPaths), 'ImageTile', 'Sequence', 'Strip', 'StripData', 'StripElem'] as const;
/** Datablocks that may refer to files. */
export const referenceCodes = ['AC', 'CF', 'IM', 'LA', 'LI', 'MA', 'MC', 'ME', 'NT', 'OB', 'SC', 'SO', 'VF', 'VO', 'WO'] as const;

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

function partReferences(block: Datablock): Reference[] {
  return [...block.parts.values()].flatMap((part) => {
    const rule = partPaths[part.struct.name];
    if (rule === undefined) return [];
    return elementsOf(part).flatMap((element) => {
      const path = textAt(element, rule.field) ?? '';
      if (path === '' || (rule.when !== undefined && numberAt(element, rule.when[0]) !== rule.when[1])) return [];
      return [{ kind: rule.kind, owner: ownerOf(block.record), path, form: rule.form, needed: rule.form === 'file' }];
    });
  });
}

/** Blender 5 renamed `Sequence` to `Strip` and `Strip` to `StripData`. */
function stripReferences(block: Datablock): Reference[] {
  const stripName = block.record.catalogue.byName.has('StripData') ? 'Strip' : 'Sequence';
  const strips = [...block.parts.values()].filter((part) => part.struct.name === stripName);
  return strips.flatMap((strip) => {
    const type = numberAt(strip, 'type');
    if (type !== stripTypes.image && type !== stripTypes.movie) return [];
    const content = block.parts.get(pointerAt(strip, 'strip')) ?? block.parts.get(pointerAt(strip, 'data'));
    const elements = content === undefined ? undefined : block.parts.get(pointerAt(content, 'stripdata'));
    if (content === undefined || elements === undefined) return [];
    const folder = textAt(content, 'dir') ?? textAt(content, 'dirpath') ?? '';
    const names = elementsOf(elements).map((element) => textAt(element, 'name') ?? textAt(element, 'filename') ?? '');
    const owner = (textAt(strip, 'name') ?? '').slice(2);
    const wanted = type === stripTypes.movie ? names.slice(0, 1) : names;
    return wanted.filter((name) => name !== '').map((name) => ({ kind: 'strip', owner, path: `${folder}${name}`, form: 'file' as const, needed: true }));
  });
}

/** Files that a datablock other than a library refers to. */
export function referencesOf(block: Datablock): Reference[] {
  return [...ownReference(block), ...partReferences(block), ...(block.code === 'SC' ? stripReferences(block) : [])];
}

/** A library as the file that links it writes it; `undefined` for one that is packed into the file. */
export function libraryReference(library: Datablock): Reference | undefined {
  const path = writtenPath(library.record);
  if (path === '' || isPacked(library.record) || pointerAt(library.record, 'archive_parent_library') !== 0n) return undefined;
  return { kind: 'library', owner: ownerOf(library.record), path, form: 'file', needed: true };
}
