/** What a scene datablock says about rendering. */
import type { Datablock } from './datablocks.ts';
import { propertyNumber } from './id-properties.ts';
import { type BlendRecord, elementsOf, numberAt, pointerAt, textAt } from './record.ts';

export interface SceneFacts {
  readonly name: string;
  readonly address: bigint;
  readonly first: number;
  readonly last: number;
  readonly frameStep: number;
  /** Blender's identifier: `CYCLES`, `BLENDER_EEVEE`, `BLENDER_WORKBENCH`, an add-on's. */
  readonly engine: string;
  readonly resolutionX: number;
  readonly resolutionY: number;
  readonly percentage: number;
  /** Part of the picture that alone is written (render region with cropping), as fractions from the lower left corner. */
  readonly crop?: { readonly left: number; readonly right: number; readonly bottom: number; readonly top: number };
  readonly hasCamera: boolean;
  /** The picture comes from the video sequencer. */
  readonly usesSequencer: boolean;
  readonly isMultiView: boolean;
  /** Blender's number of the file format. */
  readonly imageType: number;
  readonly viewLayers: readonly string[];
  readonly samples?: number;
  /** Cycles denoises each frame. */
  readonly denoises: boolean;
  /** Cycles' number of the denoiser: 2 is OptiX, 4 OpenImageDenoise. */
  readonly denoiser: number;
}

/** Structs that belong to a scene and are read here. */
export const sceneParts = ['IDProperty', 'ViewLayer', 'SceneRenderLayer', 'TimeMarker', 'Editing'] as const;

/** Looked at; more have no name to anybody. */
const mostLayers = 256;
const borderFlag = 1 << 9;
const cropFlag = 1 << 11;
const sequencerFlag = 1 << 0;
const multiViewFlag = 1 << 24;
export const sceneGroups = ['id.properties', 'id.system_properties'];
const layerGroups = ['id_properties', 'system_properties', 'prop'];
const openImageDenoise = 4;
/** The last file version (3.0.25) in which a scene that says nothing about denoising wants none. */
const quietUntil = 300 * 1000 + 25;

function flagAt(record: BlendRecord, path: string, flag: number): boolean {
  return ((numberAt(record, path) ?? 0) & flag) !== 0;
}

function partsOf(scene: Datablock, ...structs: readonly string[]): BlendRecord[] {
  return [...scene.parts.values()].filter((part) => structs.includes(part.struct.name)).flatMap(elementsOf);
}

function cropOf(record: BlendRecord): { readonly crop?: NonNullable<SceneFacts['crop']> } {
  if (!flagAt(record, 'r.mode', borderFlag) || !flagAt(record, 'r.mode', cropFlag)) return {};
  const side = (name: string) => numberAt(record, `r.border.${name}`) ?? 0;
  return { crop: { left: side('xmin'), right: side('xmax'), bottom: side('ymin'), top: side('ymax') } };
}

function denoises(scene: Datablock, layers: readonly BlendRecord[], fileVersion: number): boolean {
  const { record, parts } = scene;
  const own = propertyNumber(record, parts, sceneGroups, ['cycles', 'use_denoising']);
  if (own === 0 || (own === undefined && fileVersion <= quietUntil)) return false;
  return layers.length === 0 || layers.some((layer) => propertyNumber(layer, parts, layerGroups, ['cycles', 'use_denoising']) !== 0);
}

/** `fileVersion` is version * 1000 + subversion of the file. */
export function readSceneFacts(scene: Datablock, fileVersion: number): SceneFacts {
  const { record, parts } = scene;
  const layers = partsOf(scene, 'ViewLayer', 'SceneRenderLayer').slice(0, mostLayers);
  const samples = propertyNumber(record, parts, sceneGroups, ['cycles', 'samples']);
  const boundCamera = partsOf(scene, 'TimeMarker').some((marker) => pointerAt(marker, 'camera') !== 0n);
  const hasStrips = partsOf(scene, 'Editing').some((editing) => pointerAt(editing, 'seqbase.first') !== 0n);
  return {
    name: (textAt(record, 'id.name') ?? '').slice(2),
    address: scene.address,
    first: numberAt(record, 'r.sfra') ?? 1,
    last: numberAt(record, 'r.efra') ?? 1,
    frameStep: Math.max(1, numberAt(record, 'r.frame_step') ?? 1),
    engine: textAt(record, 'r.engine') ?? 'BLENDER_RENDER',
    resolutionX: numberAt(record, 'r.xsch') ?? 0,
    resolutionY: numberAt(record, 'r.ysch') ?? 0,
    percentage: numberAt(record, 'r.size') ?? 100,
    ...cropOf(record),
    hasCamera: pointerAt(record, 'camera') !== 0n || boundCamera,
    usesSequencer: hasStrips && flagAt(record, 'r.scemode', sequencerFlag),
    isMultiView: flagAt(record, 'r.scemode', multiViewFlag),
    imageType: numberAt(record, 'r.im_format.imtype') ?? numberAt(record, 'r.imtype') ?? 0,
    viewLayers: layers.map((layer) => textAt(layer, 'name') ?? ''),
    ...(samples === undefined ? {} : { samples }),
    denoises: denoises(scene, layers, fileVersion),
    denoiser: propertyNumber(record, parts, sceneGroups, ['cycles', 'denoiser']) ?? openImageDenoise,
  };
}
