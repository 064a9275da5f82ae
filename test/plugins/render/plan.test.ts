import { describe, expect, it } from 'vitest';
import { plan } from '../../../plugins/render/plan.ts';
import type { SceneSummary } from '../../../plugins/render/scene-summary.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import type { JsonObject } from '../../../src/plugin/job-type.ts';
import { summaryOf } from '../../support/scene-summary.ts';

const summary = summaryOf();

function planned(settings: JsonObject = {}, changes: Partial<SceneSummary> = {}) {
  const made = plan({ sceneFile: '/x/shot.blend', ...settings }, { ...summary, ...changes });
  const [step] = made.steps;
  if (step === undefined) throw new Error('no step');
  return { ...made, step, script: step.script };
}

function refusal(settings: JsonObject, changes: Partial<SceneSummary> = {}): SupervmError {
  try {
    planned(settings, changes);
  } catch (error) {
    if (error instanceof SupervmError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(settings)} was taken`);
}

describe('a render job', () => {
  it('is one step with a task a frame of the scene', () => {
    const { name, steps, step, outputs } = planned();
    expect(name).toBe('shot');
    expect(steps).toHaveLength(1);
    expect(step).toMatchObject({ name: 'render', needs: [], parameters: [{ name: 'frame', type: 'INT', ranges: [{ first: 1, last: 10, step: 1 }] }] });
    expect(step.requirements).toMatchObject({ cores: 'all', programs: [{ name: 'blender', minimumVersion: '3.4', features: ['cycles'] }] });
    expect(outputs).toHaveLength(10);
    expect(outputs.slice(0, 2)).toEqual(['frame_0001.png', 'frame_0002.png']);
  });

  it("follows the scene's own step, and the frames that are named", () => {
    expect(planned({}, { last: 12, frameStep: 5 }).outputs).toEqual(['frame_0001.png', 'frame_0006.png', 'frame_0011.png']);
    expect(planned({ frames: '-1,3-4', fileName: '##' }).outputs).toEqual(['-01.png', '03.png', '04.png']);
  });

  it('leaves to the scene what is not said', () => {
    const unsaid = { engine: null, camera: null, viewLayer: null, samples: null, resolution: null, denoise: null };
    expect(planned().script).toMatchObject({ ...unsaid, format: 'PNG', allowMissing: false });
  });

  it('asks for nodes that keep tasks apart where code of the scene may run', () => {
    expect(planned().step.requirements).not.toHaveProperty('isolation');
    expect(planned({ allowScripts: true })).toMatchObject({ step: { requirements: { isolation: 'limited' } }, script: { allowScripts: true } });
  });

  it('carries what is said', () => {
    const settings = {
      engine: 'eevee',
      camera: 'Top',
      viewLayer: 'Fog',
      samples: 16,
      resolution: '1280x720',
      denoise: 'off',
      format: 'OPEN_EXR',
      allowMissing: true,
    };
    const { script, outputs, step } = planned({ ...settings, frames: '7' });
    expect(script).toMatchObject({ engine: 'eevee', camera: 'Top', viewLayer: 'Fog', samples: 16, denoise: false, format: 'OPEN_EXR', allowMissing: true });
    expect(script).toMatchObject({ resolution: { x: 1280, y: 720, percentage: 100 }, width: 1280, height: 720 });
    expect(step.requirements.programs[0]?.features).toEqual(['eevee']);
    expect(outputs).toEqual(['frame_0007.exr']);
  });

  it('requires a denoiser of nodes only when Cycles is to denoise', () => {
    const features = (settings: JsonObject, changes: Partial<SceneSummary>) => planned(settings, changes).step.requirements.programs[0]?.features;
    expect(features({}, { denoises: true })).toEqual(['cycles', 'denoise']);
    expect(features({ denoise: 'off' }, { denoises: true })).toEqual(['cycles']);
    expect(features({ denoise: 'on' }, {})).toEqual(['cycles', 'denoise']);
    expect(features({}, { denoises: true, engine: 'BLENDER_EEVEE' })).toEqual(['eevee']);
  });

  it.each([
    [{}, { percentage: 50 }, 960, 540],
    [{ resolution: '20%' }, {}, 384, 216],
    [{ resolution: '33%' }, { resolutionX: 101, resolutionY: 77 }, 33, 25],
    [{ resolution: '640x360' }, {}, 640, 360],
    [{}, { percentage: 100, resolutionX: 64, resolutionY: 36, crop: { left: 0.13, right: 0.77, bottom: 0.21, top: 0.9 } }, 41, 25],
  ])('%j of %j has frames of %dx%d', (settings, changes, width, height) => {
    expect(planned(settings, changes).script).toMatchObject({ width, height });
  });

  it("takes the scene's own format, and PNG where that is a film", () => {
    expect(planned({}, { imageType: 4 }).outputs[0]).toBe('frame_0001.jpg');
    expect(planned({}, { imageType: 24 }).outputs[0]).toBe('frame_0001.png');
  });

  it('plans a million frames as one range', () => {
    const { step, outputs } = planned({ frames: '1-1000000' });
    expect(step.parameters).toEqual([{ name: 'frame', type: 'INT', ranges: [{ first: 1, last: 1_000_000, step: 1 }] }]);
    expect(outputs.length).toBe(1_000_000);
    expect(outputs.at(-1)).toBe('frame_1000000.png');
  });
});

describe('settings that cannot be', () => {
  it.each([
    [{ frames: '100-1' }, 'bad-frames', '100-1'],
    [{ frames: '' }, 'bad-frames', 'empty'],
    [{ resolution: 'big' }, 'bad-setting', 'resolution'],
    [{ resolution: '0%' }, 'bad-setting', 'resolution'],
    [{ resolution: '2x2' }, 'bad-setting', 'resolution'],
    [{ samples: 0 }, 'bad-setting', 'samples'],
    [{ samples: 1.5 }, 'bad-setting', 'samples'],
    [{ engine: 'povray' }, 'bad-setting', 'engine'],
    [{ format: 'GIF' }, 'bad-setting', 'format'],
    [{ denoise: 'maybe' }, 'bad-setting', 'denoise'],
    [{ camera: '' }, 'bad-setting', 'camera'],
    [{ viewLayer: '' }, 'bad-setting', 'viewLayer'],
    [{ fileName: 'frame' }, 'bad-setting', 'fileName'],
    [{ fileName: '#/#' }, 'bad-setting', 'fileName'],
    [{ fileName: '../##' }, 'bad-setting', 'fileName'],
    [{ fileName: '#a#' }, 'bad-setting', 'fileName'],
    [{ sceneFile: '' }, 'bad-setting', 'sceneFile'],
  ])('%j is refused by name', (settings, code, named) => {
    const error = refusal(settings);
    expect(error.code).toBe(code);
    expect(error.message).toContain(named);
    expect(error.hint).not.toBe('');
  });

  it('a scene whose own range is reversed asks for frames', () => {
    expect(refusal({}, { first: 10, last: 1 })).toMatchObject({ code: 'scene-unrenderable', hint: 'Name the frames: --frames.' });
    expect(planned({ frames: '3' }, { first: 10, last: 1 }).outputs).toEqual(['frame_0003.png']);
  });
});
