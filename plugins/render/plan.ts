/** Settings and a scene's summary become one step with a task a frame. Pure. */
import { SupervmError } from '../../src/model/errors.ts';
import { eachFrame } from '../../src/model/frame-range.ts';
import type { IntegerRange } from '../../src/model/job.ts';
import type { MakePlan } from '../../src/plugin/job-type.ts';
import { engineOf } from './engines.ts';
import { wantsDenoiser } from './findings.ts';
import { formatOfScene } from './formats.ts';
import { frameNames } from './frame-names.ts';
import { boundsOf, percentageOf, qualityNotes } from './quality.ts';
import { readSummary, type SceneSummary } from './scene-summary.ts';
import type { RenderScript } from './script.ts';
import { parseSettings, type RenderSettings } from './settings.ts';

/** What Blender with a small scene takes; nobody knows a scene's own need beforehand. */
const memoryBytes = 512 * 1024 * 1024;

function ownRange(summary: SceneSummary): readonly IntegerRange[] {
  const { first, last, frameStep } = summary;
  if (last < first) {
    throw new SupervmError('scene-unrenderable', `The scene's own frame range ends before it starts: ${first} to ${last}.`, 'Name the frames: --frames.');
  }
  return [{ first, last: last - ((last - first) % frameStep), step: frameStep }];
}

function resolutionOf(summary: SceneSummary, { resolution, quality }: RenderSettings): { x: number; y: number; percentage: number } {
  const { resolutionX: x, resolutionY: y } = summary;
  if (resolution === undefined) return { x, y, percentage: percentageOf(quality, summary) };
  return 'percentage' in resolution ? { x, y, percentage: resolution.percentage } : { ...resolution, percentage: 100 };
}

/** Size of the files as Blender computes it: whole numbers, rounded down; the crop in single precision. */
function frameSize(summary: SceneSummary, settings: RenderSettings): { width: number; height: number } {
  const { x, y, percentage } = resolutionOf(summary, settings);
  const width = Math.trunc((x * percentage) / 100);
  const height = Math.trunc((y * percentage) / 100);
  if (summary.crop === null) return { width, height };
  const { left, right, bottom, top } = summary.crop;
  const pixel = (fraction: number, side: number) => Math.trunc(Math.fround(Math.fround(fraction) * side));
  return { width: pixel(right, width) - pixel(left, width), height: pixel(top, height) - pixel(bottom, height) };
}

export const plan: MakePlan = (json, summaryJson) => {
  const settings = parseSettings(json);
  const summary = readSummary(summaryJson);
  const ranges = settings.frames ?? ownRange(summary);
  const engine = settings.engine ?? engineOf(summary.engine);
  const format = settings.format ?? formatOfScene(summary.imageType);
  const fileName = `${settings.fileName}${format.extension}`;
  const size = frameSize(summary, settings);
  const bounds = boundsOf(settings, engine);
  // The size is the quality's where it is neither named nor the scene's.
  const isResized = settings.resolution === undefined && percentageOf(settings.quality, summary) !== summary.percentage;
  const features = [...(engine === undefined ? [] : [engine]), ...(wantsDenoiser(summary, engine, settings) ? ['denoise'] : [])];
  const script: RenderScript = {
    scene: summary.scene,
    sceneName: summary.sceneName,
    engine: settings.engine ?? null,
    camera: settings.camera ?? null,
    viewLayer: settings.viewLayer ?? null,
    samples: settings.samples ?? null,
    resolution: settings.resolution === undefined && !isResized ? null : resolutionOf(summary, settings),
    denoise: settings.denoise ?? null,
    bounds,
    overrides: settings.overrides,
    format: format.name,
    fileName,
    ...size,
    pathMap: summary.pathMap,
    allowMissing: settings.allowMissing,
    allowScripts: settings.allowScripts,
  };
  const { denoise = null } = json;
  const isQuieted = engine === 'cycles' && settings.denoise === false && denoise === null;
  return {
    name: summary.title,
    notes: qualityNotes(settings.quality, { size: isResized ? size : undefined, bounds, quiet: isQuieted }),
    steps: [
      {
        name: 'render',
        needs: [],
        parameters: [{ name: 'frame', type: 'INT', ranges }],
        requirements: {
          cores: 'all',
          memoryBytes,
          programs: [{ name: 'blender', minimumVersion: summary.version, features }],
          // Code of others runs only where it sees nothing of the machine.
          ...(settings.allowScripts ? { isolation: 'limited' as const } : {}),
        },
        maxAttempts: 3,
        script,
      },
    ],
    outputs: Array.from(eachFrame(ranges), frameNames(fileName)),
  };
};
