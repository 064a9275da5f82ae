import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inputs } from '../../../plugins/render/inputs.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import type { JsonObject } from '../../../src/plugin/job-type.ts';
import { codes, paths, useSceneFolder } from '../../support/scene-folder.ts';
import { camera, cyclesGroup, datablock, font, image, library, part, scene, smallBlend, strip, usualForm } from '../../support/small-blend.ts';

const film = useSceneFolder();
const { put, blend, find } = film;

async function refusal(settings: JsonObject = {}): Promise<SupervmError> {
  const error: unknown = await find(settings).catch((reason: unknown) => reason);
  if (error instanceof SupervmError) return error;
  throw new Error('it was taken');
}

describe('the files that travel', () => {
  it('are just the scene where it refers to nothing', async () => {
    blend('film/scenes/shot.blend');
    expect(await find()).toMatchObject({ files: [{ source: film.sceneFile, path: 'shot.blend' }], findings: [] });
  });

  it('keep their places relative to each other, climbing paths included', async () => {
    blend('film/scenes/shot.blend', [image('a', '//tex/a.png'), image('sky', '//..\\..\\shared\\sky.hdr')]);
    put('film/scenes/tex/a.png');
    put('shared/sky.hdr');
    const found = await find();
    expect(paths(found)).toEqual(['film/scenes/shot.blend', 'film/scenes/tex/a.png', 'shared/sky.hdr']);
    expect(found.summary).toMatchObject({ scene: 'film/scenes/shot.blend', pathMap: {} });
  });

  it('are those of libraries and of their libraries too, though they link each other', async () => {
    blend('film/scenes/shot.blend', library('//../lib/one.blend'));
    blend('film/lib/one.blend', [image('a', '//a.png'), ...library('//deep/two.blend')]);
    blend('film/lib/deep/two.blend', [image('b', '//b.png'), ...library('//../one.blend')]);
    put('film/lib/a.png');
    put('film/lib/deep/b.png');
    expect(paths(await find())).toEqual(['lib/a.png', 'lib/deep/b.png', 'lib/deep/two.blend', 'lib/one.blend', 'scenes/shot.blend']);
  });

  it('are every picture of a sequence and every tile', async () => {
    blend('film/scenes/shot.blend', [
      image('seq', '//s/f_001.png', { source: 2 }),
      image('tiles', '//t/wall.<UDIM>.png', { source: 6 }),
      part('ImageTile', 301n, [{ tile_number: 1001 }, { tile_number: 1011 }]),
    ]);
    for (const name of ['s/f_001.png', 's/f_002.png', 's/g_003.png', 't/wall.1001.png', 't/wall.1011.png', 't/wall.1002.png']) put(`film/scenes/${name}`);
    expect(paths(await find())).toEqual(['s/f_001.png', 's/f_002.png', 'shot.blend', 't/wall.1001.png', 't/wall.1011.png']);
  });

  it('include the folder of point caches that belongs to the scene', async () => {
    blend('film/scenes/shot.blend');
    put('film/scenes/blendcache_shot/cloth_000001_00.bphys');
    expect(paths(await find())).toEqual(['blendcache_shot/cloth_000001_00.bphys', 'shot.blend']);
  });

  it('include what belongs to simulations in later Blenders', async () => {
    blend('film/scenes/shot.blend');
    for (const name of ['meta/000001.json', 'blobs/000001.blob', 'notes.txt']) put(`film/scenes/blendcache_shot/123/456/${name}`);
    expect(paths(await find())).toEqual(['blendcache_shot/123/456/blobs/000001.blob', 'blendcache_shot/123/456/meta/000001.json', 'shot.blend']);
  });

  it('are mapped once for all pictures of a strip', async () => {
    const folder = dirname(put('elsewhere/a.png'));
    put('elsewhere/b.png');
    put('film/scenes/shot.blend', smallBlend([scene(), ...strip('image', folder, ['a.png', 'b.png']), camera('Camera')], { ...usualForm, version: 293 }));
    const found = await find();
    expect(paths(found)).toEqual(['elsewhere/a.png', 'elsewhere/b.png', 'film/scenes/shot.blend']);
    expect(found.summary).toMatchObject({ pathMap: { [`${folder}/a.png`]: 'elsewhere/a.png' } });
    expect(Object.keys(found.summary['pathMap'] ?? {})).toHaveLength(1);
  });

  it('are mapped where the scene names them absolutely', async () => {
    const oak = put('elsewhere/oak.png');
    const letters = put('elsewhere/letters.ttf');
    blend('film/scenes/shot.blend', [image('oak', oak), font(letters)]);
    const found = await find();
    expect(paths(found)).toEqual(['elsewhere/letters.ttf', 'elsewhere/oak.png', 'film/scenes/shot.blend']);
    expect(found.summary).toMatchObject({ pathMap: { [oak]: 'elsewhere/oak.png', [letters]: 'elsewhere/letters.ttf' } });
  });
});

describe('for somebody who may not name every file', () => {
  const asked: string[] = [];
  const within = (...folders: readonly string[]) => ({
    allows: async (path: string) => {
      asked.push(path);
      return folders.some((folder) => path.startsWith(`${join(film.root, folder)}/`));
    },
  });

  it('what lies elsewhere is missing, whether it is there or not, a library that leads there too', async () => {
    blend('film/scenes/shot.blend', [
      image('there', put('secret/key.png')),
      image('gone', join(film.root, 'secret/gone.png')),
      ...library('//../lib/one.blend'),
    ]);
    blend('film/lib/one.blend', [image('far', '//../../secret/key2.png')]);
    put('secret/key2.png');
    const found = await inputs({ sceneFile: film.sceneFile, allowMissing: true }, within('film'));
    expect(paths(found)).toEqual(['lib/one.blend', 'scenes/shot.blend']);
    for (const name of ['key.png', 'gone.png', 'key2.png']) expect(found.findings[0]?.message).toContain(name);
    expect(asked).toContain(join(film.root, 'secret/key2.png'));
  });

  it('a picture of a sequence that is kept out does not travel', async () => {
    blend('film/scenes/shot.blend', [image('seq', '//s/f_001.png', { source: 2 })]);
    for (const name of ['s/f_001.png', 's/f_002.png']) put(`film/scenes/${name}`);
    const allows = async (path: string) => !path.endsWith('f_002.png');
    expect(paths(await inputs({ sceneFile: film.sceneFile, allowMissing: true }, { allows }))).toEqual(['s/f_001.png', 'shot.blend']);
  });

  it('the scene itself is not looked at', async () => {
    put('film/scenes/shot.blend', 'no scene');
    await expect(inputs({ sceneFile: film.sceneFile }, within('else'))).rejects.toMatchObject({ code: 'file-missing' });
  });
});

describe('a scene that cannot be rendered', () => {
  it('has no camera, and is told which there are', async () => {
    blend('film/scenes/shot.blend', [], { camera: 0n });
    const [finding] = (await find()).findings;
    expect(finding).toMatchObject({ severity: 'error', code: 'scene-unrenderable' });
    expect(finding?.message).toContain('no camera');
    expect(finding?.hint).toContain('"Camera"');
    expect((await find({ camera: 'Camera' })).findings).toEqual([]);
  });

  it('is asked for a camera it lacks', async () => {
    blend('film/scenes/shot.blend');
    const [finding] = (await find({ camera: 'Top' })).findings;
    expect(finding).toMatchObject({ code: 'scene-unrenderable', hint: 'Its cameras: "Camera".' });
    expect(finding?.message).toContain('"Top"');
  });

  it('may take a camera from a library', async () => {
    blend('film/scenes/shot.blend', library('//lib.blend', 'OBTop'));
    blend('film/scenes/lib.blend');
    expect((await find({ camera: 'Top' })).findings).toEqual([]);
  });

  it('is asked for a scene it lacks', async () => {
    blend('film/scenes/shot.blend');
    const error = await refusal({ scene: 'Nacht' });
    expect(error).toMatchObject({ code: 'scene-unrenderable', hint: 'Its scenes: "Scene".' });
    expect(error.message).toContain('"Nacht"');
  });

  it('renders with an add-on, unless another engine is named', async () => {
    blend('film/scenes/shot.blend', [], { 'r.engine': 'LUXCORE' });
    expect(codes(await find())).toEqual(['error scene-unrenderable']);
    expect(codes(await find({ engine: 'cycles' }))).toEqual([]);
  });

  it('is warned of when add-ons have made node trees in it', async () => {
    blend('film/scenes/shot.blend', [datablock('NTtree', 'bNodeTree', { idname: 'SverchCustomTreeType' })]);
    const { findings } = await find();
    expect(findings).toMatchObject([{ severity: 'warning', code: 'scene-unrenderable', message: expect.stringContaining('"SverchCustomTreeType"') }]);
  });

  it('is stereoscopic', async () => {
    blend('film/scenes/shot.blend', [], { 'r.scemode': 1 << 24 });
    expect(codes(await find())).toEqual(['error scene-unrenderable']);
  });

  it('is warned of when only nodes with a denoiser can render it', async () => {
    put('film/scenes/shot.blend', smallBlend([scene({ 'id.properties': 500n }), ...cyclesGroup({ use_denoising: 1 }), camera('Camera')]));
    const found = await find();
    expect(codes(found)).toEqual(['warning scene-unrenderable']);
    expect(found.findings[0]?.hint).toContain('--denoise off');
    expect(codes(await find({ denoise: 'off' }))).toEqual([]);
    expect(codes(await find({ engine: 'eevee' }))).toEqual([]);
  });
});

describe('a scene file', () => {
  it('that is missing is named', async () => {
    const error = await refusal();
    expect(error.code).toBe('file-missing');
    expect(error.message).toContain(film.sceneFile);
  });

  it.each([
    ['empty', '', 'is empty'],
    ['no .blend file', 'not a scene, however long this text may be', 'is not a Blender scene'],
  ])('that is %s is refused', async (_, text, reason) => {
    put('film/scenes/shot.blend', text);
    const error = await refusal();
    expect(error.code).toBe('not-a-scene');
    expect(error.message).toContain(`${film.sceneFile} ${reason}`);
  });

  it('that is a folder without a scene is refused', async () => {
    mkdirSync(film.sceneFile, { recursive: true });
    expect(await refusal()).toMatchObject({ code: 'file-missing', message: expect.stringContaining('holds no .blend file') });
  });

  it('tells the newest Blender among itself and its libraries', async () => {
    blend('film/scenes/shot.blend', library('//lib.blend'));
    blend('film/scenes/lib.blend', [], {}, { ...usualForm, version: 402 });
    expect((await find({ denoise: 'off' })).summary).toMatchObject({ version: '4.2' });
  });
});
