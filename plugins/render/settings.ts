/** The settings of a render job, read from their JSON form. */
import { SupervmError } from '../../src/model/errors.ts';
import { parseFrames } from '../../src/model/frame-range.ts';
import type { IntegerRange, Json, JsonObject } from '../../src/model/job.ts';
import { portableDefect } from '../../src/model/relative-path.ts';
import { type Engine, engineOf } from './engines.ts';
import { type Format, formatNamed, formatNames } from './formats.ts';
import { type Override, parseOverrides } from './overrides.ts';
import { type Quality, qualities } from './quality.ts';

export type Resolution = { readonly percentage: number } | { readonly x: number; readonly y: number };

export interface RenderSettings {
  readonly sceneFile: string;
  /** Below `sceneFile`, when that is a folder. */
  readonly blend?: string;
  readonly frames?: readonly IntegerRange[];
  readonly engine?: Engine;
  readonly resolution?: Resolution;
  readonly samples?: number;
  readonly format?: Format;
  readonly camera?: string;
  readonly scene?: string;
  readonly viewLayer?: string;
  /** Off in a draft unless it was said otherwise: any node can render one then. */
  readonly denoise?: boolean;
  readonly quality?: Quality;
  readonly overrides: readonly Override[];
  readonly fileName: string;
  readonly allowMissing: boolean;
  readonly allowScripts: boolean;
}

/** Blender's own bound of width and height. */
const longestSide = 65_536;

function refuse(key: string, value: Json | undefined, wish: string): SupervmError {
  return new SupervmError('bad-setting', `The setting ${key} is ${JSON.stringify(value)}.`, wish);
}

function text(settings: JsonObject, key: string): string | undefined {
  const value = settings[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value === '') throw refuse(key, value, 'It must be a text that is not empty.');
  return value;
}

function parseResolution(value: string): Resolution {
  const percentage = /^(\d{1,5})\s*%$/.exec(value);
  if (percentage !== null && Number(percentage[1]) >= 1 && Number(percentage[1]) <= 32_767) return { percentage: Number(percentage[1]) };
  const sides = /^(\d{1,6})\s*[xX×]\s*(\d{1,6})$/.exec(value);
  const [x, y] = [Number(sides?.[1]), Number(sides?.[2])];
  if (x >= 4 && y >= 4 && x <= longestSide && y <= longestSide) return { x, y };
  throw refuse('resolution', value, `Write it like 1920x1080 or 50%; a side has 4 to ${longestSide} pixels.`);
}

function engine(value: string | undefined): Engine | undefined {
  if (value === undefined) return undefined;
  const known = engineOf(value.toUpperCase()) ?? engineOf(`BLENDER_${value.toUpperCase()}`);
  if (known === undefined) throw refuse('engine', value, 'It is one of cycles, eevee, workbench.');
  return known;
}

function format(value: string | undefined): Format | undefined {
  if (value === undefined) return undefined;
  const known = formatNamed(value.toUpperCase());
  if (known === undefined) throw refuse('format', value, `It is one of ${formatNames.join(', ')}.`);
  return known;
}

function samples({ samples: value }: JsonObject): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) throw refuse('samples', value, 'It must be a whole number from 1.');
  return value;
}

function denoise(value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (value !== 'on' && value !== 'off') throw refuse('denoise', value, 'It is on or off.');
  return value === 'on';
}

function quality(value: string | undefined): Quality | undefined {
  if (value === undefined) return undefined;
  const known = qualities.find((each) => each === value);
  if (known === undefined) throw refuse('quality', value, `It is one of ${qualities.join(', ')}.`);
  return known;
}

function overridesBeside(sampled: number | undefined, value: string | undefined): readonly Override[] {
  const overrides = value === undefined ? [] : parseOverrides(value);
  const twice = overrides.find(({ path }) => path === 'cycles.samples' || path === 'eevee.taa_render_samples');
  if (sampled === undefined || twice === undefined) return overrides;
  throw refuse('set', `${twice.path}=${twice.value}`, 'Samples are said by --samples too: say them once.');
}

function fileName(value: string | undefined): string {
  if (value === undefined) return 'frame_####';
  if (!/^[^/\\\0]*#[^/\\\0]*$/.test(value) || /#[^#]+#/.test(value)) throw refuse('fileName', value, 'It needs one run of #, and no slash: frame_####.');
  const defect = portableDefect(value);
  if (defect !== undefined) throw refuse('fileName', value, `A file of this name ${defect}.`);
  if (value.startsWith('.') || value.length > 200) throw refuse('fileName', value, 'It must not begin with a dot nor have over 200 characters.');
  return value;
}

function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** Throws `bad-setting` or `bad-frames`, naming the setting. */
export function parseSettings(settings: JsonObject): RenderSettings {
  const { frames, allowMissing, allowScripts } = settings;
  const sceneFile = text(settings, 'sceneFile');
  if (sceneFile === undefined) throw refuse('sceneFile', null, 'Name the .blend file to render.');
  if (frames !== undefined && frames !== null && typeof frames !== 'string') throw refuse('frames', frames, 'Write frames like 1-100 or 1,5,10-50:2.');
  const resolution = text(settings, 'resolution');
  const wanted = quality(text(settings, 'quality'));
  const sampled = samples(settings);
  const overrides = overridesBeside(sampled, text(settings, 'set'));
  return {
    sceneFile,
    overrides,
    fileName: fileName(text(settings, 'fileName')),
    allowMissing: allowMissing === true,
    allowScripts: allowScripts === true,
    ...defined({
      frames: typeof frames === 'string' ? parseFrames(frames) : undefined,
      engine: engine(text(settings, 'engine')),
      resolution: resolution === undefined ? undefined : parseResolution(resolution),
      samples: sampled,
      format: format(text(settings, 'format')),
      blend: text(settings, 'blend'),
      camera: text(settings, 'camera'),
      scene: text(settings, 'scene'),
      viewLayer: text(settings, 'viewLayer'),
      denoise: denoise(text(settings, 'denoise')) ?? (wanted === 'draft' ? false : undefined),
      quality: wanted,
    }),
  };
}
