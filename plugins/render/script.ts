import type { Override } from './overrides.ts';
import type { Bound } from './quality.ts';

/** What `plan` tells `run`: part of the job's record, the same for every frame. A type, not an interface, so that it is a JsonObject. */
export type RenderScript = {
  /** Path of the scene in the input tree. */
  readonly scene: string;
  readonly sceneName: string;
  /** Overrides of the scene; `null` leaves the scene's own. */
  readonly engine: 'cycles' | 'eevee' | 'workbench' | null;
  readonly camera: string | null;
  /** The one that is rendered, of all. */
  readonly viewLayer: string | null;
  readonly samples: number | null;
  readonly resolution: { readonly x: number; readonly y: number; readonly percentage: number } | null;
  readonly denoise: boolean | null;
  readonly bounds: readonly Bound[];
  readonly overrides: readonly Override[];
  readonly format: string;
  /** `frame_####.png`. */
  readonly fileName: string;
  /** Size that every frame must have, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly pathMap: { readonly [written: string]: string };
  readonly allowMissing: boolean;
  /** Python, drivers and shaders of the scene may run. */
  readonly allowScripts: boolean;
};
