/** Paths in structs that belong to objects, meshes, caches and node trees: modifiers, nodes, simulations. */
import type { Datablock } from './datablocks.ts';
import { type BlendRecord, elementsOf, numberAt, textAt } from './record.ts';
import type { Reference } from './reference.ts';

interface PathRule {
  readonly kind: string;
  readonly field: string;
  readonly form: 'file' | 'folder';
  /** Does Blender read it at all? */
  isUsed?(part: BlendRecord): boolean;
  /** Does its absence make wrong frames? Where it is not told, it does. */
  isNeeded?(part: BlendRecord): boolean;
}

const hiddenLayer = 1 << 0;
const bakedFluid = 1 << 1;

function has(part: BlendRecord, field: string, flag: number): boolean {
  return ((numberAt(part, field) ?? 0) & flag) !== 0;
}

const isExternal = (part: BlendRecord): boolean => numberAt(part, 'mode') === 1;

const rules: { readonly [struct: string]: PathRule } = {
  CacheFileLayer: { kind: 'cache layer', field: 'filepath', form: 'file', isUsed: (layer) => !has(layer, 'flag', hiddenLayer) },
  CustomDataExternal: { kind: 'multiresolution data', field: 'filename', form: 'file' },
  FluidDomainSettings: { kind: 'fluid cache', field: 'cache_directory', form: 'folder', isNeeded: (domain) => has(domain, 'cache_flag', bakedFluid) },
  MeshCacheModifierData: { kind: 'mesh cache', field: 'filepath', form: 'file' },
  NodeShaderScript: { kind: 'shader script', field: 'filepath', form: 'file', isUsed: isExternal },
  NodeShaderTexIES: { kind: 'light profile', field: 'filepath', form: 'file', isUsed: isExternal },
  OceanModifierData: { kind: 'ocean cache', field: 'cachepath', form: 'folder', isUsed: (ocean) => numberAt(ocean, 'cached') === 1 },
};

/** Structs that `partReferences` reads. */
export const pathParts = [...Object.keys(rules), 'PointCache'] as const;

const bakedCache = 1 << 0;
const diskCache = 1 << 6;
const externalCache = 1 << 9;

/** Simulations keep their states in the scene, in a folder of any name, or in one that belongs to the .blend file. */
function pointCacheReference(cache: BlendRecord, owner: string): Reference | undefined {
  const path = textAt(cache, 'path') ?? '';
  if (has(cache, 'flag', externalCache)) return path === '' ? undefined : { kind: 'point cache', owner, path, form: 'folder', needed: true };
  if (!has(cache, 'flag', diskCache)) return undefined;
  return { kind: 'point cache', owner, path: '', form: 'own-caches', needed: has(cache, 'flag', bakedCache) };
}

function referenceOf(part: BlendRecord, owner: string): Reference | undefined {
  if (part.struct.name === 'PointCache') return pointCacheReference(part, owner);
  const rule = rules[part.struct.name];
  const path = rule === undefined ? '' : (textAt(part, rule.field) ?? '');
  if (rule === undefined || path === '' || rule.isUsed?.(part) === false) return undefined;
  return { kind: rule.kind, owner, path, form: rule.form, needed: rule.isNeeded?.(part) ?? true };
}

/** `owner`: the datablock's name. */
export function partReferences(block: Datablock, owner: string): Reference[] {
  const known = [...block.parts.values()].filter(({ struct }) => struct.name === 'PointCache' || rules[struct.name] !== undefined);
  return known.flatMap(elementsOf).flatMap((part) => referenceOf(part, owner) ?? []);
}
