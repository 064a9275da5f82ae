/** A .blend file with what the render job type reads: structs as Blender declares them, cut down to the fields that matter. */
import { type BlendBlock, type BlendForm, type Structs, type Values, writeBlend } from './write-blend.ts';

export const usualForm: BlendForm = { littleEndian: true, pointerBytes: 8, large: false, version: 304 };

const structs: Structs = {
  ListBase: ['void *first', 'void *last'],
  ID: ['void *next', 'char name[66]', 'char _pad[2]', 'IDProperty *properties'],
  IDPropertyData: ['void *pointer', 'ListBase group', 'int val', 'int val2'],
  IDProperty: ['IDProperty *next', 'char type', 'char name[63]', 'IDPropertyData data'],
  FileGlobal: ['short subversion', 'short minversion', 'int _pad', 'Scene *curscene'],
  rctf: ['float xmin', 'float xmax', 'float ymin', 'float ymax'],
  ImageFormatData: ['char imtype', 'char _pad[3]'],
  RenderData: [
    'ImageFormatData im_format',
    'int sfra',
    'int efra',
    'int frame_step',
    'int xsch',
    'int ysch',
    'short size',
    'short _pad',
    'int mode',
    'int scemode',
    'rctf border',
    'char engine[32]',
  ],
  Scene: ['ID id', 'Object *camera', 'RenderData r'],
  ViewLayer: ['ViewLayer *next', 'char name[64]', 'IDProperty *id_properties'],
  TimeMarker: ['TimeMarker *next', 'int frame', 'int _pad', 'Object *camera'],
  Object: ['ID id', 'short type', 'short _pad[3]'],
  Image: ['ID id', 'char name[1024]', 'short source', 'short _pad[3]', 'void *packedfile'],
  ImageTile: ['ImageTile *next', 'int tile_number', 'int _pad'],
  Library: ['ID id', 'char name[1024]', 'void *packedfile'],
  VFont: ['ID id', 'char name[1024]', 'void *packedfile'],
  MovieClip: ['ID id', 'char name[1024]', 'int source'],
  CacheFile: ['ID id', 'char filepath[1024]', 'char is_sequence'],
  Volume: ['ID id', 'char filepath[1024]', 'void *packedfile', 'char is_sequence'],
  bSound: ['ID id', 'char name[1024]', 'void *packedfile'],
  Mesh: ['ID id'],
  bNodeTree: ['ID id', 'char idname[64]'],
  CacheFileLayer: ['char filepath[1024]', 'int flag'],
  CustomDataExternal: ['char filename[1024]'],
  FluidDomainSettings: ['char cache_directory[1024]', 'int cache_flag'],
  MeshCacheModifierData: ['char filepath[1024]'],
  NodeShaderScript: ['int mode', 'char filepath[1024]'],
  NodeShaderTexIES: ['int mode', 'char filepath[1024]'],
  OceanModifierData: ['char cachepath[1024]', 'char cached'],
  PointCache: ['int flag', 'char path[1024]'],
  Sequence: ['int type', 'char name[64]', 'Strip *strip'],
  Strip: ['StripElem *stripdata', 'char dir[768]'],
  StripElem: ['char name[256]'],
  ImageUser: ['int frames', 'int offset', 'int sfra', 'char cycl', 'char _pad', 'short flag'],
  NodeTexImage: ['int _pad', 'ImageUser iuser'],
  bNode: ['ID *id', 'void *storage'],
  Tex: ['ID id', 'ImageUser iuser', 'Image *ima'],
};

const sceneValues: Values = {
  'id.name': 'SCScene',
  camera: 77n,
  'r.im_format.imtype': 17,
  'r.sfra': 1,
  'r.efra': 24,
  'r.frame_step': 1,
  'r.xsch': 1920,
  'r.ysch': 1080,
  'r.size': 50,
  'r.engine': 'CYCLES',
};

export const scene = (values: Values = {}, address = 100n): BlendBlock => ({ code: 'SC', struct: 'Scene', address, values: { ...sceneValues, ...values } });
export const camera = (name: string): BlendBlock => ({ code: 'OB', struct: 'Object', address: 77n, values: { 'id.name': `OB${name}`, type: 11 } });
export const image = (name: string, path: string, values: Values = {}): BlendBlock => ({
  code: 'IM',
  struct: 'Image',
  values: { 'id.name': `IM${name}`, name: path, source: 1, ...values },
});
export const font = (path: string): BlendBlock => ({ code: 'VF', struct: 'VFont', values: { 'id.name': 'VFFont', name: path } });
export const part = (struct: string, address: bigint, values: Values | readonly Values[]): BlendBlock => ({ code: 'DATA', struct, address, values });

/** A library of which one object is linked. */
export function library(path: string, linked = 'OBlinked'): BlendBlock[] {
  return [
    { code: 'LI', struct: 'Library', values: { 'id.name': 'LILib', name: path } },
    { code: 'ID', struct: 'ID', values: { name: linked } },
  ];
}

/** A datablock of any kind: `SOhorn`, `NTtree`. */
export const datablock = (name: string, struct: string, values: Values = {}): BlendBlock => ({
  code: name.slice(0, 2),
  struct,
  values: { 'id.name': name, ...values },
});

/** A strip of the sequencer, to put right behind its scene; `address` and the two that follow it must be free. */
export function strip(kind: 'image' | 'movie', folder: string, names: readonly string[], address = 700n): BlendBlock[] {
  return [
    part('Sequence', address, { type: kind === 'image' ? 0 : 3, name: 'SQshot', strip: address + 1n }),
    part('Strip', address + 1n, { dir: folder, stripdata: address + 2n }),
    part(
      'StripElem',
      address + 2n,
      names.map((name) => ({ name })),
    ),
  ];
}

/** A node that shows the image at `shown`, to put right behind its material or node tree. */
export function imageNode(
  shown: bigint,
  user: { readonly frames: number; readonly offset?: number; readonly sfra?: number; readonly cycl?: number },
): BlendBlock[] {
  const settings = Object.entries({ sfra: 1, flag: 1, ...user }).map(([field, value]) => [`iuser.${field}`, value] as const);
  return [part('bNode', 800n, { id: shown, storage: 801n }), part('NodeTexImage', 801n, Object.fromEntries(settings))];
}

/** The group `cycles` of a scene whose `id.properties` is 500: put it right behind the scene. */
export function cyclesGroup(settings: { readonly [name: string]: number }): BlendBlock[] {
  const names = Object.entries(settings);
  return [
    part('IDProperty', 500n, { type: 6, name: 'top', 'data.group.first': 501n }),
    part('IDProperty', 501n, { type: 6, name: 'cycles', 'data.group.first': 510n }),
    ...names.map(([name, value], place) =>
      part('IDProperty', BigInt(510 + place), { name, 'data.val': value, next: place + 1 < names.length ? BigInt(511 + place) : 0n }),
    ),
  ];
}

export function smallBlend(blocks: readonly BlendBlock[], form: BlendForm = usualForm, subversion = 6): Buffer {
  const settings: BlendBlock = { code: 'GLOB', struct: 'FileGlobal', values: { subversion, curscene: 100n } };
  return writeBlend(form, structs, [settings, ...blocks]);
}
