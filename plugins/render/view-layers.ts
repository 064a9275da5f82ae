/** `--view-layer`: which layers of the scene are rendered. */
import type { Finding } from '../../src/plugin/job-type.ts';
import type { SceneFacts } from './blend/scene-facts.ts';
import type { RenderSettings } from './settings.ts';

/** A name that the scene does not have; nothing where the file does not tell its layers. */
export function viewLayerFindings({ name, viewLayers }: Pick<SceneFacts, 'name' | 'viewLayers'>, { viewLayer }: Pick<RenderSettings, 'viewLayer'>): Finding[] {
  if (viewLayer === undefined || viewLayers.length === 0 || viewLayers.includes(viewLayer)) return [];
  const names = viewLayers.map((each) => `"${each}"`).join(', ');
  return [
    { severity: 'error', code: 'scene-unrenderable', message: `The scene "${name}" has no view layer "${viewLayer}".`, hint: `Its view layers: ${names}.` },
  ];
}
