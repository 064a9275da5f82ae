/** Needs Blender and the folder of scenes made by others, beside the project. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePng } from '../../../plugins/render/png.ts';
import { pixelsOf, renderPlainly } from '../../support/reference-render.ts';
import { RenderSessionUnderTest } from '../../support/render-session.ts';

const scenes = resolve(import.meta.dirname, '../../../../shared/scenes/scenes');

describe.runIf(existsSync(scenes))('scenes made by others (needs the folder ../shared/scenes beside the project)', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'svm-others-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('an animated cube with a library and a sky outside its folder has the pixels of a plain Blender', async () => {
    const sceneFile = join(scenes, '03_animated_cube.blend');
    const truth = join(folder, 'cube');
    await renderPlainly(sceneFile, truth, { first: 1, last: 3, percentage: 5, samples: 1 });
    await using session = await RenderSessionUnderTest.open({ sceneFile, resolution: '5%', samples: 1 });
    expect(session.findings).toEqual([]);
    for (const [place, { pixels }] of pixelsOf(truth).entries()) expect(Buffer.compare(await session.pixels(place + 1), pixels)).toBe(0);
    rmSync(join(session.folder, 'inputs/pbr_node'), { recursive: true });
    await using lacking = await RenderSessionUnderTest.open({ sceneFile, resolution: '5%', samples: 1 });
    rmSync(join(lacking.folder, 'inputs/pbr_node'), { recursive: true });
    expect((await lacking.fault(1)).message).toContain('glTF2.blend');
  });

  it('a textured head takes its three textures, its library and its sky along', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: join(scenes, '02_suzanne.blend'), resolution: '5%', samples: 1 });
    expect(session.findings).toEqual([]);
    expect((await session.render(1)).warnings).toEqual([]);
  });

  it('a scene with a missing texture names it', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: join(scenes, '01_missing_textures.blend'), resolution: '5%', samples: 1 });
    expect(session.findings[0]).toMatchObject({ severity: 'error', code: 'scene-incomplete' });
    expect(session.findings[0]?.message).toContain('MissingTexture.png');
    expect((await session.fault(1)).message).toContain('MissingTexture.png');
  });

  it('a scene of the old internal engine renders with Eevee', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: join(scenes, '04_lights.blend'), resolution: '5%', samples: 1 });
    expect(decodePng(readFileSync((await session.render(1)).file))).toMatchObject({ width: 96, height: 54 });
  });
});
