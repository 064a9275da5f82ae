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
