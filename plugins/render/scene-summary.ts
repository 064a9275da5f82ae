/** What `plan` reads of the scene: found on the submitting machine, small, JSON. */
import type { JsonObject } from '../../src/model/job.ts';

/** A type, not an interface, so that it is a JsonObject. */
export type SceneSummary = {
  /** Of the job: the scene file's name without extension. */
  readonly title: string;
  /** Path of the scene in the input tree. */
  readonly scene: string;
  readonly sceneName: string;
  /** Lowest version of Blender that opens the scene and its libraries, e.g. `3.4`. */
  readonly version: string;
  readonly first: number;
  readonly last: number;
  readonly frameStep: number;
  /** Blender's identifier. */
  readonly engine: string;
  readonly resolutionX: number;
  readonly resolutionY: number;
  readonly percentage: number;
  readonly crop: { readonly left: number; readonly right: number; readonly bottom: number; readonly top: number } | null;
  readonly imageType: number;
  readonly denoises: boolean;
  /** Paths as the scene writes them, that do not move with it, and their places in the input tree. */
  readonly pathMap: { readonly [written: string]: string };
};

/** The summary as `inputs` made it. */
export function readSummary(summary: JsonObject): SceneSummary {
  return summary as SceneSummary;
}
