import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codes, paths, useSceneFolder } from '../../support/scene-folder.ts';
import { camera, datablock, font, image, imageNode, library, part } from '../../support/small-blend.ts';

const film = useSceneFolder();
const { put, blend, find } = film;

describe('missing files', () => {
  const lost = [image('lost', '//../textures/lost.png'), ...library('//gone.blend'), font('/nowhere/a.ttf')];

  it('are all named before anything runs', async () => {
    blend('film/scenes/shot.blend', lost);
    const found = await find();
    expect(codes(found)).toEqual(['error scene-incomplete']);
    const message = found.findings[0]?.message ?? '';
    for (const path of [join(film.root, 'film/textures/lost.png'), join(film.root, 'film/scenes/gone.blend'), '/nowhere/a.ttf'])
      expect(message).toContain(path);
    expect(found.findings[0]?.hint).toContain('--allow-missing');
  });

  it('are warned of when they are allowed', async () => {
    blend('film/scenes/shot.blend', lost);
    const found = await find({ allowMissing: true });
    expect(codes(found)).toEqual(['warning scene-incomplete']);
    expect(paths(found)).toEqual(['shot.blend']);
  });

  it('of a library are named with the library', async () => {
    blend('film/scenes/shot.blend', library('//lib.blend'));
    blend('film/scenes/lib.blend', [image('lost', '//lost.png')]);
    expect((await find()).findings[0]?.message).toContain(`of ${join(film.root, 'film/scenes/lib.blend')}`);
  });

  it('include a library that cannot be read, an empty sequence and a missing tile', async () => {
    blend('film/scenes/shot.blend', [
      ...library('//broken.blend'),
      image('seq', '//s/f_001.png', { source: 2 }),
      image('tiles', '//wall.<UDIM>.png', { source: 6 }),
      part('ImageTile', 301n, [{ tile_number: 1001 }, { tile_number: 1002 }]),
    ]);
    put('film/scenes/broken.blend', 'not a library');
    put('film/scenes/wall.1001.png');
    const message = (await find()).findings[0]?.message ?? '';
    for (const name of ['broken.blend', 's/f_001.png', 'wall.1002.png']) expect(message).toContain(name);
    expect(message).not.toContain('wall.1001.png');
  });

  it('are the pictures of a sequence that frames of the job show, and no others', async () => {
    const plates = { ...image('plates', '//s/f_0101.png', { source: 2 }), address: 900n };
    blend('film/scenes/shot.blend', [plates, datablock('NTtree', 'bNodeTree'), ...imageNode(900n, { frames: 9, offset: 100 })]);
    for (const number of ['0101', '0102', '0104', '0109']) put(`film/scenes/s/f_${number}.png`);
    expect(codes(await find({ frames: '1,2,4,9,20' }))).toEqual([]);
    const { findings } = await find({ frames: '1-4' });
    expect(findings).toMatchObject([{ severity: 'error', code: 'scene-incomplete', message: expect.stringContaining('s/f_0103.png (image "plates"') }]);
    expect(findings[0]?.message).not.toMatch(/f_010[1245]/);
    // The scene's own range has 24 frames.
    for (const number of ['0105', '0106', '0107', '0108']) expect((await find()).findings[0]?.message).toContain(`f_${number}.png`);
  });

  it('that no frame shows are told, and stop nothing', async () => {
    blend('film/scenes/shot.blend', [datablock('SOhorn', 'bSound', { name: '//horn.wav' })]);
    const { findings } = await find();
    expect(findings).toMatchObject([{ severity: 'warning', code: 'scene-incomplete', message: expect.stringContaining('horn.wav (sound "horn"') }]);
  });

  it('include a simulation that was baked to the disk', async () => {
    blend('film/scenes/shot.blend', [camera('Cloth'), part('PointCache', 600n, { flag: (1 << 0) | (1 << 6) })]);
    expect((await find()).findings[0]?.message).toContain(`${join(film.root, 'film/scenes/blendcache_shot')} (point cache "Cloth"`);
    put('film/scenes/blendcache_shot/cloth_000001_00.bphys');
    expect(codes(await find())).toEqual([]);
  });

  it('of Windows are named as written, with the file that may be meant, which does not travel by itself', async () => {
    blend('film/scenes/shot.blend', [image('oak', 'C:\\film\\tex\\oak.png'), image('elm', '\\\\server\\tex\\elm.png')]);
    put('film/scenes/tex/oak.png');
    const found = await find();
    const [finding] = found.findings;
    expect(finding?.message).toContain(
      `C:\\film\\tex\\oak.png (image "oak" of ${film.sceneFile}; perhaps it is ${join(film.root, 'film/scenes/tex/oak.png')})`,
    );
    expect(finding?.message).toContain(`\\\\server\\tex\\elm.png (image "elm" of ${film.sceneFile})`);
    expect(finding?.hint).toContain('Find Missing Files');
    expect(paths(found)).toEqual(['shot.blend']);
  });

  it('that are folders count as missing', async () => {
    blend('film/scenes/shot.blend', [image('odd', '//folder.png')]);
    mkdirSync(join(film.root, 'film/scenes/folder.png'));
    expect(codes(await find())).toEqual(['error scene-incomplete']);
  });
});
