import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BlendContents, readBlend } from '../../../../plugins/render/blend/read-blend.ts';
import { camera, datablock, image, imageNode, part, scene, smallBlend, strip } from '../../../support/small-blend.ts';
import type { BlendBlock } from '../../../support/write-blend.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-references-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(...blocks: readonly BlendBlock[]): Promise<BlendContents> {
  const path = join(folder, 'file.blend');
  writeFileSync(path, smallBlend([scene(), ...blocks]));
  return readBlend(path);
}

const thing = camera('Thing');
const baked = 1 << 0;
const onDisk = 1 << 6;
const external = 1 << 9;
const plates = { ...image('plates', '//p_0101.png', { source: 2 }), address: 900n };

describe('a scene refers to', () => {
  it.each<[string, readonly BlendBlock[], object]>([
    ['a movie clip', [datablock('MCclip', 'MovieClip', { name: '//c.mov', source: 2 })], { kind: 'movie clip', path: '//c.mov', form: 'file' }],
    ['a clip of pictures', [datablock('MCclip', 'MovieClip', { name: '//c_01.png', source: 1 })], { kind: 'movie clip', form: 'sequence' }],
    ['a cache', [datablock('CFherd', 'CacheFile', { filepath: '//h.abc' })], { kind: 'cache', path: '//h.abc', form: 'file', needed: true }],
    ['a row of caches', [datablock('CFherd', 'CacheFile', { filepath: '//h_1.abc', is_sequence: 1 })], { kind: 'cache', form: 'sequence' }],
    ['a volume', [datablock('VOsmoke', 'Volume', { filepath: '//s.vdb' })], { kind: 'volume', path: '//s.vdb', form: 'file', needed: true }],
    ['a row of volumes', [datablock('VOsmoke', 'Volume', { filepath: '//s_1.vdb', is_sequence: 1 })], { kind: 'volume', form: 'sequence' }],
    ['a sound, which no frame shows', [datablock('SOhorn', 'bSound', { name: '//h.wav' })], { kind: 'sound', path: '//h.wav', needed: false }],
    [
      'a mesh cache',
      [thing, part('MeshCacheModifierData', 600n, { filepath: '//m.pc2' })],
      { kind: 'mesh cache', owner: 'Thing', path: '//m.pc2', needed: true },
    ],
    ['an outer light profile', [thing, part('NodeShaderTexIES', 600n, { mode: 1, filepath: '//l.ies' })], { kind: 'light profile', path: '//l.ies' }],
    ['an outer shader', [thing, part('NodeShaderScript', 600n, { mode: 1, filepath: '//o.osl' })], { kind: 'shader script', path: '//o.osl' }],
    [
      'outer multiresolution data',
      [datablock('MEhead', 'Mesh'), part('CustomDataExternal', 600n, { filename: '//h.btx' })],
      { kind: 'multiresolution data', owner: 'head', path: '//h.btx', needed: true },
    ],
    [
      'a baked ocean',
      [thing, part('OceanModifierData', 600n, { cachepath: '//sea', cached: 1 })],
      { kind: 'ocean cache', path: '//sea', form: 'folder', needed: true },
    ],
    [
      'a fluid that was baked',
      [thing, part('FluidDomainSettings', 600n, { cache_directory: '//f', cache_flag: 2 })],
      { kind: 'fluid cache', path: '//f', form: 'folder', needed: true },
    ],
    ['a fluid that was not', [thing, part('FluidDomainSettings', 600n, { cache_directory: '//f' })], { path: '//f', needed: false }],
    [
      'a simulation kept in another place',
      [thing, part('PointCache', 600n, { flag: external, path: '//p' })],
      { kind: 'point cache', owner: 'Thing', path: '//p', form: 'folder', needed: true },
    ],
    [
      'a simulation baked to the disk',
      [thing, part('PointCache', 600n, { flag: onDisk | baked })],
      { kind: 'point cache', owner: 'Thing', form: 'own-caches', needed: true },
    ],
    ['a simulation that would go to the disk', [thing, part('PointCache', 600n, { flag: onDisk })], { form: 'own-caches', needed: false }],
  ])('%s', async (_, blocks, expected) => {
    expect((await read(...blocks)).references).toMatchObject([expected]);
  });

  it.each<[string, readonly BlendBlock[]]>([
    ['an inner light profile', [thing, part('NodeShaderTexIES', 600n, { mode: 0, filepath: '//l.ies' })]],
    ['an ocean without a cache', [thing, part('OceanModifierData', 600n, { cachepath: '//sea' })]],
    ['a simulation kept in the scene', [thing, part('PointCache', 600n, { flag: baked, path: '//old' })]],
    ['a packed sound', [datablock('SOhorn', 'bSound', { name: '//h.wav', packedfile: 9n })]],
  ])('no file for %s', async (_, blocks) => {
    expect((await read(...blocks)).references).toEqual([]);
  });

  it('the layers of a cache but for hidden ones', async () => {
    const layers = part('CacheFileLayer', 600n, [{ filepath: '//over.abc' }, { filepath: '//hidden.abc', flag: 1 }]);
    const { references } = await read(datablock('CFherd', 'CacheFile', { filepath: '//h.abc' }), layers);
    expect(references.map(({ path }) => path)).toEqual(['//h.abc', '//over.abc']);
  });

  it('each picture of a strip and the one file of a movie, whether or not their folder ends with a slash', async () => {
    const { references } = await read(...strip('image', '//s', ['a.png', 'b.png'], 700n), ...strip('movie', '//m/', ['c.mov', 'unused'], 710n));
    expect(references).toEqual([
      { kind: 'strip', owner: 'shot', path: '//s/a.png', form: 'file', needed: true },
      { kind: 'strip', owner: 'shot', path: '//s/b.png', form: 'file', needed: true, isCarried: true },
      { kind: 'strip', owner: 'shot', path: '//m/c.mov', form: 'file', needed: true },
    ]);
  });
});

describe('who shows which pictures of a sequence', () => {
  it('is told by the nodes with the image', async () => {
    const { references } = await read(plates, datablock('NTtree', 'bNodeTree'), ...imageNode(900n, { frames: 5, offset: 100, sfra: 3, cycl: 1 }));
    expect(references).toMatchObject([{ form: 'sequence', shown: [{ first: 3, count: 5, offset: 100, isCyclic: true }] }]);
  });

  it('is told by a texture', async () => {
    const { references } = await read(plates, datablock('TEtex', 'Tex', { ima: 900n, 'iuser.frames': 2, 'iuser.sfra': 1, 'iuser.flag': 1 }));
    expect(references[0]?.shown).toEqual([{ first: 1, count: 2, offset: 0, isCyclic: false }]);
  });

  it('is told by no more nodes than any tree has, whatever the file claims', async () => {
    const crowd = part(
      'bNode',
      800n,
      Array.from({ length: 30_000 }, () => ({ id: 900n, storage: 801n })),
    );
    const { references } = await read(plates, datablock('NTtree', 'bNodeTree'), crowd, ...imageNode(900n, { frames: 2 ** 31 - 1 }).slice(1));
    expect(references[0]?.shown).toHaveLength(20_000);
  });

  it.each([
    ['another image', imageNode(901n, { frames: 5 })],
    ['no picture at all', imageNode(900n, { frames: 0 })],
    ['settings that are not there', imageNode(900n, { frames: 5 }).slice(0, 1)],
  ])('is not told by a node with %s', async (_, node) => {
    const { references } = await read(plates, datablock('NTtree', 'bNodeTree'), ...node);
    expect(references[0]?.shown).toEqual([]);
  });
});

it('node trees of add-ons are told by their kind, once each', async () => {
  const trees = ['ShaderNodeTree', 'SverchCustomTreeType', 'SverchCustomTreeType', ''].map((idname) => datablock('NTtree', 'bNodeTree', { idname }));
  expect((await read(...trees)).foreignTrees).toEqual(['SverchCustomTreeType']);
});
