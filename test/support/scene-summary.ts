/** What `inputs` finds in a usual scene: 1920x1080 at a half, ten frames, Cycles. */
import type { SceneSummary } from '../../plugins/render/scene-summary.ts';

export function summaryOf(changes: Partial<SceneSummary> = {}): SceneSummary {
  return {
    title: 'shot',
    scene: 'scenes/shot.blend',
    sceneName: 'Scene',
    version: '3.4',
    first: 1,
    last: 10,
    frameStep: 1,
    engine: 'CYCLES',
    resolutionX: 1920,
    resolutionY: 1080,
    percentage: 50,
    crop: null,
    imageType: 17,
    denoises: false,
    pathMap: {},
    ...changes,
  };
}
