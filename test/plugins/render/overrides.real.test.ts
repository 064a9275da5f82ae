/** Needs Blender: what a job sets in a scene by `--set`, `--quality` and `--view-layer`. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePng } from '../../../plugins/render/png.ts';
import type { JsonObject } from '../../../src/plugin/job-type.ts';
import { execute } from '../../support/lab.ts';
import { RenderSessionUnderTest } from '../../support/render-session.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-overrides-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function scene(kind: string): Promise<string> {
  const path = join(folder, `${kind}.blend`);
  const script = resolve(import.meta.dirname, '../../support/make-render-scene.py');
  if (!existsSync(path)) await execute('blender', ['--background', '--factory-startup', '--python-exit-code', '1', '--python', script, '--', kind, path]);
  return path;
}

/** Pixels of the frames, as text that can be compared. */
async function frames(kind: string, settings: JsonObject, ...numbers: readonly number[]): Promise<readonly string[]> {
  await using session = await RenderSessionUnderTest.open({ sceneFile: await scene(kind), ...settings });
  const pixels: string[] = [];
  for (const number of numbers) pixels.push(Buffer.from(await session.pixels(number)).toString('base64'));
  return pixels;
}

describe('what is set by name', () => {
  it('has the type that Blender says, and does what the flag for it does', async () => {
    const [own] = await frames('crop', {}, 1);
    const [flag] = await frames('crop', { samples: 3 }, 1);
    expect(await frames('crop', { set: 'cycles.samples=3' }, 1)).toEqual([flag]);
    expect(flag).not.toBe(own);
  });

  it('holds in every frame, also where the scene animates it: render settings, and the camera', async () => {
    const own = await frames('simplify', {}, 1, 2);
    const set = await frames('simplify', { set: 'render.simplify_subdivision_render=3' }, 1, 2);
    expect(set[1]).toBe(own[1]);
    expect(set[0]).not.toBe(own[0]);
    const moving = await frames('changing', {}, 1, 2);
    const fixed = await frames('changing', { set: 'camera.lens=50' }, 1, 2);
    expect(fixed[0]).toBe(moving[0]);
    expect(fixed[1]).not.toBe(moving[1]);
  });

  it('may be several properties: numbers, words, truths and lists', async () => {
    const set = [
      ...['render.image_settings.color_mode=BW', 'render.film_transparent=true', 'view_settings.view_transform=Standard', 'view_settings.exposure=-0.5'],
      ...['camera.shift_x=.1', 'world.color=0.1,0.2,0.3', 'world.cycles.max_bounces=8', 'view_layer.use_pass_mist=true', 'render.stamp_note_text=x, y'],
    ].join();
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('crop'), set });
    const { file, warnings } = await session.render(1);
    expect(decodePng(readFileSync(file))).toMatchObject({ channels: 1, width: 41, height: 25 });
    expect(warnings).toEqual([]);
  });

  it('but cannot be, fails the job by name and blames no node', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('crop') });
    for (const [path, value, reason] of [
      ['cycles.sampels', '4', 'cycles has no property "sampels" (perhaps "samples" is meant).'],
      ['render.image_setings.quality', '4', 'render has no property "image_setings" (perhaps "image_settings" is meant).'],
      ['cycles.samples', 'many', 'it is a whole number'],
      ['cycles.samples', '1_0', 'it is a whole number'],
      ['cycles.samples', '0', 'it is from 1 to'],
      ['render.film_transparent', 'yes', 'it is true or false'],
      ['render.dither_intensity', 'abc', 'it is a number'],
      ['render.dither_intensity', 'nan', 'it is a number'],
      ['render.dither_intensity', '-1', 'it is from 0 to'],
      ['render.image_settings.color_mode', 'CMYK', "it is one of 'BW', 'RGB', 'RGBA'"],
      ['world.color', '1,2', 'it is 3 values'],
      ['world.node_tree.name', 'x', 'world.node_tree has no properties that can be set'],
      ['render.rna_type.name', 'x', 'render has no property "rna_type"'],
      ['render.is_movie_format', 'true', 'it cannot be set'],
      ['render.bake.filepath', '/tmp/x', 'it names a file'],
      ['render.image_settings', 'x', 'it cannot be set'],
      ['render.__init__', 'x', 'no property has such a name'],
      ['bpy.samples', '1', 'no property has such a name'],
      ['render', '1', 'no property has such a name'],
    ] as const) {
      const fault = await session.fault(1, { script: { overrides: [{ path, value }] } });
      expect(fault).toMatchObject({ code: 'bad-setting', retry: false, blameNode: false });
      expect(fault.message).toContain(`--set ${path}=${value}: ${reason}`);
    }
    expect((await session.render(1)).outputs).toHaveLength(1);
  });

  it('does not make code of the scene run', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('crop'), set: 'cycles.shading_system=true' });
    expect((await session.render(1)).warnings.join()).toContain('Open Shading Language');
  });
});

describe('a quality', () => {
  it('of a draft ends soon whatever the scene wants, and leaves alone what wants less', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('long'), quality: 'draft' });
    expect(decodePng(readFileSync((await session.render(1)).file))).toMatchObject({ width: 32, height: 18 });
    const settings = { resolution: '64x36', denoise: 'off' };
    expect(await frames('crop', { ...settings, quality: 'draft' }, 1)).toEqual(await frames('crop', settings, 1));
    expect(await frames('long', { ...settings, quality: 'medium' }, 1)).toEqual(await frames('long', { ...settings, samples: 128 }, 1));
  });

  it('of high raises what the scene wants', async () => {
    const high = await frames('crop', { quality: 'high' }, 1);
    expect(high).toEqual(await frames('crop', { samples: 512 }, 1));
    expect(high).not.toEqual(await frames('crop', {}, 1));
    expect(await frames('crop', { quality: 'high', set: 'cycles.samples=2' }, 1)).toEqual(await frames('crop', { samples: 2 }, 1));
  });

  it.each(['eevee', 'workbench'])('knows the samples of %s', async (engine) => {
    const path = await scene('crop');
    const pixels = async (settings: JsonObject) => frames('crop', { engine, ...settings }, 1);
    const set = engine === 'eevee' ? 'eevee.taa_render_samples=16' : 'display.render_aa=FXAA';
    expect(existsSync(path)).toBe(true);
    expect(await pixels({ quality: 'draft', resolution: '100%' })).toEqual(await pixels({ set }));
    expect(await pixels({ quality: 'draft', resolution: '100%' })).not.toEqual(await pixels({ quality: 'high' }));
  });
});

describe('view layers', () => {
  /** Names of channels stand in a file's first bytes. */
  async function header(settings: JsonObject): Promise<string> {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('layers'), format: 'OPEN_EXR_MULTILAYER', ...settings });
    const { file, warnings } = await session.render(1);
    expect(warnings).toEqual([]);
    return readFileSync(file).toString('latin1', 0, 4096);
  }

  it('are all in one file of layers, with the passes that are asked for', async () => {
    const all = await header({ set: 'view_layer.use_pass_normal=true' });
    for (const name of ['ViewLayer.Combined.R', 'Bare.Combined.R', 'ViewLayer.Normal.X', 'Bare.Normal.X']) expect(all).toContain(name);
  });

  it('are one where one is named', async () => {
    const bare = await header({ viewLayer: 'Bare' });
    expect(bare).toContain('Bare.Combined.R');
    expect(bare).not.toContain('ViewLayer.Combined.R');
    const [own, one, other] = [
      await frames('layers', {}, 1),
      await frames('layers', { viewLayer: 'ViewLayer' }, 1),
      await frames('layers', { viewLayer: 'Bare' }, 1),
    ];
    expect(one).toEqual(own);
    expect(other).not.toEqual(own);
  });

  it('that the scene does not have are named when the job is submitted, and where it runs all the same', async () => {
    await using session = await RenderSessionUnderTest.open({ sceneFile: await scene('layers'), viewLayer: 'Fog' });
    expect(session.findings).toEqual([
      expect.objectContaining({ severity: 'error', code: 'scene-unrenderable', hint: 'Its view layers: "ViewLayer", "Bare".' }),
    ]);
    expect(await session.fault(1)).toMatchObject({ code: 'scene-unrenderable', retry: false, message: expect.stringContaining('"Fog"') });
  });
});
