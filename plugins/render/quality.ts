/** What `--quality` stands for, wherever nothing else was said. Pure. */
import type { Engine } from './engines.ts';
import type { SceneSummary } from './scene-summary.ts';

export const qualities = ['draft', 'medium', 'high'] as const;
export type Quality = (typeof qualities)[number];

/**
 * A property of the scene that Blender, which alone knows what the scene says, brings to `value` where it is above it (`most`) or below
 * (`least`). A type, not an interface, so that it is a JsonObject.
 */
export type Bound = {
  /** As for --set, e.g. `cycles.samples`. */
  readonly path: string;
  readonly side: 'most' | 'least';
  /** A number, or a word in the order that Blender lists them. */
  readonly value: number | string;
};

interface Preset {
  readonly side: Bound['side'];
  /** Samples a pixel, by engine; Workbench has its own words for them. */
  readonly samples: { readonly [engine in Engine]: number | string };
}

const presets: { readonly [quality in Quality]: Preset } = {
  draft: { side: 'most', samples: { cycles: 16, eevee: 16, workbench: 'FXAA' } },
  medium: { side: 'most', samples: { cycles: 128, eevee: 64, workbench: '8' } },
  high: { side: 'least', samples: { cycles: 512, eevee: 128, workbench: '16' } },
};

const samplesPath: { readonly [engine in Engine]: string } = { cycles: 'cycles.samples', eevee: 'eevee.taa_render_samples', workbench: 'display.render_aa' };

/** Cycles stops sampling a pixel whose noise is below this; its own default. */
const finestNoise = 0.01;

/** Percentage of the scene's resolution: half of the scene's own for a draft, its whole for high. */
export function percentageOf(quality: Quality | undefined, { percentage }: Pick<SceneSummary, 'percentage'>): number {
  if (quality === 'draft') return Math.max(1, Math.trunc(percentage / 2));
  return quality === 'high' ? Math.max(100, percentage) : percentage;
}

/** What the quality bounds in a scene of this engine, without what the settings say themselves. Overrides are applied after the bounds. */
export function boundsOf(
  { quality, samples, overrides }: { readonly quality?: Quality; readonly samples?: number; readonly overrides: readonly { readonly path: string }[] },
  engine: Engine | undefined,
): readonly Bound[] {
  if (quality === undefined || engine === undefined || samples !== undefined) return [];
  const { side, samples: bySamples } = presets[quality];
  const value = bySamples[engine];
  const bounds: Bound[] = [{ path: samplesPath[engine], side, value }];
  // A view layer may have its own number; 0 means the scene's.
  if (engine === 'cycles' && side === 'most') bounds.push({ path: 'view_layer.samples', side, value });
  if (engine === 'cycles' && side === 'least') bounds.push({ path: 'cycles.adaptive_threshold', side: 'most', value: finestNoise });
  return bounds.filter(({ path }) => !overrides.some((said) => said.path === path));
}

function boundText({ path, side, value }: Bound): string | undefined {
  const limit = side === 'most' ? 'at most' : 'at least';
  if (path === 'view_layer.samples') return undefined;
  if (path === 'cycles.adaptive_threshold') return `a noise threshold of ${limit} ${value}`;
  return path === 'display.render_aa' ? `anti-aliasing of ${limit} ${value}` : `${limit} ${value} samples a pixel`;
}

/** What the quality sets, for people; nothing where none was asked for. `size`: of the frames where the quality chose it. */
export function qualityNotes(
  quality: Quality | undefined,
  set: {
    readonly size: { readonly width: number; readonly height: number } | undefined;
    readonly bounds: readonly Bound[];
    /** The quality has turned denoising off. */
    readonly quiet: boolean;
  },
): readonly string[] {
  if (quality === undefined) return [];
  const parts = [
    ...(set.size === undefined ? [] : [`frames of ${set.size.width}x${set.size.height} pixels`]),
    ...set.bounds.map(boundText).filter((text) => text !== undefined),
    ...(set.quiet ? ['no denoising'] : []),
  ];
  return [`--quality ${quality} ${parts.length === 0 ? 'sets nothing: the other settings say all that it stands for' : `sets ${parts.join(', ')}`}.`];
}
