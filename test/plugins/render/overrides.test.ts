import { describe, expect, it } from 'vitest';
import { parseOverrides } from '../../../plugins/render/overrides.ts';
import { plan } from '../../../plugins/render/plan.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import type { JsonObject } from '../../../src/plugin/job-type.ts';
import { summaryOf } from '../../support/scene-summary.ts';

function refusal(settings: JsonObject): SupervmError {
  try {
    plan({ sceneFile: '/x/shot.blend', ...settings }, summaryOf());
  } catch (error) {
    if (error instanceof SupervmError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(settings)} was taken`);
}

describe('overrides', () => {
  it('are assignments with commas between them', () => {
    expect(parseOverrides('cycles.samples=64')).toEqual([{ path: 'cycles.samples', value: '64' }]);
    expect(parseOverrides(' cycles.samples = 64 , render.image_settings.color_mode=RGB')).toEqual([
      { path: 'cycles.samples', value: '64' },
      { path: 'render.image_settings.color_mode', value: 'RGB' },
    ]);
  });

  it('have values with commas of their own', () => {
    expect(parseOverrides('world.color=0.1,0.2,0.3,render.stamp_note_text=one, two = 2,camera.lens=35')).toEqual([
      { path: 'world.color', value: '0.1,0.2,0.3' },
      { path: 'render.stamp_note_text', value: 'one, two = 2' },
      { path: 'camera.lens', value: '35' },
    ]);
  });

  it('reach the node as they were said', () => {
    const scriptWith = (settings: JsonObject) => plan({ sceneFile: '/x/shot.blend', ...settings }, summaryOf()).steps[0]?.script;
    expect(scriptWith({ set: 'cycles.samples=64' })).toMatchObject({ overrides: [{ path: 'cycles.samples', value: '64' }] });
    expect(scriptWith({})).toMatchObject({ overrides: [] });
  });

  it.each([
    ['cycles.samples', 'assignment', 'cycles.samples=64'],
    ['cycles.samples=', 'assignment', 'cycles.samples=64'],
    ['=64', 'assignment', 'cycles.samples=64'],
    ['samples=64', '"samples"', 'cycles'],
    ['cycels.samples=64', '"cycels"', 'cycles'],
    ['bpy.ops.wm.quit_blender=1', '"bpy"', 'render'],
    ['render.__class__=1', '"render.__class__"', 'cycles.samples'],
    ['render.x()=1', '"render.x()"', 'cycles.samples'],
    ['world["evil"].x=1', '"world["evil"].x"', 'cycles.samples'],
    [`cycles.${'a'.repeat(65)}=1`, 'no name', 'cycles.samples'],
    ['a.b.c.d.e.f.g=1', 'no name', 'cycles.samples'],
    ['render.engine=CYCLES', 'render.engine', '--engine'],
    ['render.resolution_x=1', 'render.resolution_x', '--resolution'],
    ['render.filepath=/etc/x', 'render.filepath', '--output'],
    ['render.image_settings.file_format=PNG', 'file_format', '--format'],
    ['render.threads=1', 'render.threads', '--cores'],
    ['cycles.use_denoising=true', 'use_denoising', '--denoise'],
    ['view_layer.use=true', 'view_layer.use', '--view-layer'],
    ['render.border_max_x=1', 'border_max_x', 'scene'],
    ['render.use_multiview=true', 'use_multiview', 'Stereoscopic'],
    ['render.use_overwrite=false', 'use_overwrite', 'as it is'],
    ['cycles.samples=1,cycles.samples=2', 'cycles.samples is set twice', 'once'],
    [`cycles.samples=${'1'.repeat(1001)}`, '1000 characters', 'Shorten'],
    [Array.from({ length: 101 }, (_, place) => `cycles.a${place}=1`).join(), '100 assignments', 'scene'],
  ])('such as %s are refused by name', (set, named, hint) => {
    const error = refusal({ set });
    expect(error.code).toBe('bad-setting');
    expect(error.message).toContain('--set');
    expect(error.message).toContain(named);
    expect(error.hint).toContain(hint);
  });

  it('of samples and the flag for samples are one too many', () => {
    expect(refusal({ set: 'cycles.samples=4', samples: 8 })).toMatchObject({ code: 'bad-setting', hint: expect.stringContaining('--samples') });
    expect(refusal({ set: 'eevee.taa_render_samples=4', samples: 8 }).message).toContain('eevee.taa_render_samples=4');
  });

  it('are split soon, whatever they are', () => {
    const began = process.threadCpuUsage();
    expect(() => parseOverrides(`${'a.'.repeat(50_000)},${'b'.repeat(100_000)}`)).toThrow('assignment');
    expect(process.threadCpuUsage(began).user).toBeLessThan(2_000_000);
  });
});
