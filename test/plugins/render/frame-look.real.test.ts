/** Needs Blender: frames that may not be what was meant carry a warning. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatNames } from '../../../plugins/render/formats.ts';
import type { JsonObject } from '../../../src/plugin/job-type.ts';
import { execute } from '../../support/lab.ts';
import { RenderSessionUnderTest } from '../../support/render-session.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-look-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function warnings(kind: string, settings: JsonObject = {}): Promise<readonly string[]> {
  const path = join(folder, `${kind}.blend`);
  const script = resolve(import.meta.dirname, '../../support/make-render-scene.py');
  if (!existsSync(path)) await execute('blender', ['--background', '--factory-startup', '--python-exit-code', '1', '--python', script, '--', kind, path]);
  await using session = await RenderSessionUnderTest.open({ sceneFile: path, ...settings });
  return (await session.render(1)).warnings;
}

describe('a warning', () => {
  it.each(formatNames)('says that a frame is black, in the format %s', async (format) => {
    expect(await warnings('dark', { format })).toEqual([expect.stringMatching(/^frame_0001\.\w+ is black all over/)]);
  });

  it.each(formatNames)('says nothing of an ordinary frame in the format %s, grey, coloured or with alpha', async (format) => {
    for (const mode of ['BW', 'RGB', 'RGBA']) {
      // Some formats have no alpha, and Blender writes no grey WebP.
      if ((mode === 'RGBA' && ['JPEG', 'BMP', 'HDR'].includes(format)) || (mode === 'BW' && format === 'WEBP')) continue;
      const set = `render.image_settings.color_mode=${mode}`;
      expect(await warnings('crop', { format, set }), mode).toEqual([]);
    }
  });

  it.each(['PNG', 'OPEN_EXR', 'OPEN_EXR_MULTILAYER', 'TIFF', 'WEBP'])(
    'says that a frame is empty where it is transparent, in the format %s',
    async (format) => {
      const set = 'render.film_transparent=true,render.image_settings.color_mode=RGBA,camera.clip_end=0.2,cycles.film_transparent_glass=true';
      expect(await warnings('dark', { format, set })).toEqual([expect.stringMatching(/is transparent all over/)]);
    },
  );

  it.each(['ZIP', 'ZIPS', 'RLE', 'NONE', 'PIZ'])('names colours that are no number, packed by %s', async (codec) => {
    const [told, ...others] = await warnings('infinite', { set: `render.image_settings.exr_codec=${codec}` });
    expect(told).toMatch(/no number \(NaN or infinite\): (?:B, G, R|its colours)/);
    expect(others).toEqual([]);
  });

  it.each(['PIZ', 'PXR24', 'DWAA'])('is given of pictures that only Blender unpacks too: %s', async (codec) => {
    expect(await warnings('dark', { format: 'OPEN_EXR', set: `render.image_settings.exr_codec=${codec}` })).toEqual([expect.stringContaining('is black')]);
    expect(await warnings('dark', { format: 'OPEN_EXR_MULTILAYER', set: `render.image_settings.exr_codec=${codec}` })).toEqual([]);
  });
});
