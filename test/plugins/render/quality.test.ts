import { describe, expect, it } from 'vitest';
import { plan } from '../../../plugins/render/plan.ts';
import { qualities } from '../../../plugins/render/quality.ts';
import type { RenderScript } from '../../../plugins/render/script.ts';
import type { JsonObject } from '../../../src/plugin/job-type.ts';
import { summaryOf } from '../../support/scene-summary.ts';

function planned(settings: JsonObject, changes: JsonObject = {}) {
  const { steps, notes } = plan({ sceneFile: '/x/shot.blend', ...settings }, { ...summaryOf(), ...changes });
  const [step] = steps;
  if (step === undefined) throw new Error('no step');
  const { bounds } = step.script as RenderScript;
  return { script: step.script, bounds, features: step.requirements.programs[0]?.features, notes };
}

describe('a quality', () => {
  it('is nothing where none is asked for', () => {
    expect(planned({})).toMatchObject({ script: { bounds: [], resolution: null, denoise: null }, notes: [] });
  });

  it('of a draft is half the size, few samples and no denoising, so that any node can render it', () => {
    const { script, features, notes } = planned({ quality: 'draft' }, { denoises: true });
    expect(script).toMatchObject({
      bounds: [
        { path: 'cycles.samples', side: 'most', value: 16 },
        { path: 'view_layer.samples', side: 'most', value: 16 },
      ],
      resolution: { x: 1920, y: 1080, percentage: 25 },
      width: 480,
      height: 270,
      denoise: false,
    });
    expect(features).toEqual(['cycles']);
    expect(notes).toEqual(['--quality draft sets frames of 480x270 pixels, at most 16 samples a pixel, no denoising.']);
  });

  it('of medium never asks for more than the scene', () => {
    const { script, bounds, features, notes } = planned({ quality: 'medium' }, { denoises: true });
    expect(script).toMatchObject({ resolution: null, denoise: null, width: 960 });
    expect(features).toEqual(['cycles', 'denoise']);
    expect(bounds.every(({ side }) => side === 'most')).toBe(true);
    expect(notes).toEqual(['--quality medium sets at most 128 samples a pixel.']);
  });

  it('of high is the full size and no fewer samples than the scene has', () => {
    const { script, notes } = planned({ quality: 'high' });
    expect(script).toMatchObject({
      bounds: [
        { path: 'cycles.samples', side: 'least', value: 512 },
        { path: 'cycles.adaptive_threshold', side: 'most', value: 0.01 },
      ],
      resolution: { percentage: 100 },
      width: 1920,
      denoise: null,
    });
    expect(notes?.[0]).toContain('frames of 1920x1080 pixels, at least 512 samples a pixel, a noise threshold of at most 0.01.');
    expect(planned({ quality: 'high' }, { percentage: 200 }).script).toMatchObject({ resolution: null, width: 3840 });
  });

  it.each([
    ['BLENDER_EEVEE', 'eevee.taa_render_samples', 16],
    ['BLENDER_WORKBENCH', 'display.render_aa', 'FXAA'],
  ])('of a draft with %s bounds %s', (engine, path, value) => {
    const { bounds, notes } = planned({ quality: 'draft' }, { engine });
    expect(bounds).toEqual([{ path, side: 'most', value }]);
    expect(notes?.[0]).toContain(`at most ${value}`);
    expect(notes?.[0]).not.toContain('denoising');
  });

  it.each(qualities)('gives way to what is said otherwise: %s', (quality) => {
    const said = { quality, samples: 4, resolution: '640x360', denoise: 'on' };
    const { script, notes } = planned(said);
    expect(script).toMatchObject({ samples: 4, bounds: [], width: 640, height: 360, denoise: true });
    expect(notes).toEqual([`--quality ${quality} sets nothing: the other settings say all that it stands for.`]);
    expect(planned({ quality, set: 'cycles.samples=7' }).bounds).not.toContainEqual(expect.objectContaining({ path: 'cycles.samples' }));
  });

  it('chooses for the engine that is asked for', () => {
    expect(planned({ quality: 'medium', engine: 'eevee' }).bounds).toEqual([{ path: 'eevee.taa_render_samples', side: 'most', value: 64 }]);
  });

  it('leaves a pixel of the smallest picture', () => {
    expect(planned({ quality: 'draft' }, { percentage: 1 }).script).toMatchObject({ resolution: null, width: 19 });
  });

  it('that nobody knows is refused by name', () => {
    expect(() => planned({ quality: 'best' })).toThrow('quality');
  });
});
