/** `--set PATH=VALUE`: single properties of the scene by Blender's own names. What a name means, only Blender knows (driver_properties.py). */
import { SupervmError } from '../../src/model/errors.ts';
import { nearest } from '../../src/model/nearest.ts';

/** A type, not an interface, so that it is a JsonObject. */
export type Override = {
  /** `cycles.samples`: where it begins is one of `roots`, then come names of Blender's. */
  readonly path: string;
  readonly value: string;
};

const roots: readonly string[] = ['render', 'cycles', 'eevee', 'display', 'display_settings', 'view_settings', 'world', 'camera', 'view_layer'];

const mostOverrides = 100;
/** Characters of a value; texts that are burnt into frames are shorter. */
const longestValue = 1000;
const pathShape = /^[a-z][a-z0-9_]{0,63}(?:\.[a-z][a-z0-9_]{0,63}){1,4}$/;
/** A comma before the next assignment: values hold commas themselves. */
const separator = /,(?=\s*\w+(?:\.\w+)+\s*=)/;

const bySceneAlone = 'The sizes of all frames are known before any is rendered, so the scene says it: change it in Blender and save.';
const byJobType = 'Frames come about by it being as it is.';

/** What has a flag of its own, or would make other frames than were planned. */
const elsewhere: readonly (readonly [path: RegExp, hint: string])[] = [
  [/^render\.engine$/, 'Use --engine.'],
  [/^render\.resolution_(?:x|y|percentage)$/, 'Use --resolution.'],
  [/^render\.filepath$/, 'Use --file-name and --output.'],
  [/^render\.image_settings\.(?:file_format|media_type)$/, 'Use --format.'],
  [/^render\.(?:threads|threads_mode)$/, 'Use --cores.'],
  [/^cycles\.use_denoising$/, 'Use --denoise.'],
  [/^view_layer\.(?:use|name)$/, 'Use --view-layer.'],
  [/^render\.(?:use_border|use_crop_to_border|border_\w+)$/, bySceneAlone],
  [/^render\.(?:use_multiview|views_format)$/, 'Stereoscopic frames are not supported yet.'],
  [/^render\.(?:use_file_extension|use_overwrite|use_placeholder|use_persistent_data)$/, byJobType],
];

function refuse(reason: string, hint: string): SupervmError {
  return new SupervmError('bad-setting', `--set: ${reason}`, hint);
}

function parseOverride(text: string): Override {
  const [, path = '', value = ''] = /^([^=]*)=([\s\S]*)$/.exec(text)?.map((part) => part.trim()) ?? [];
  if (path === '' || value === '') throw refuse(`"${text.trim()}" is no assignment.`, 'Write it like cycles.samples=64.');
  if (!pathShape.test(path)) throw refuse(`"${path}" is no name of a property.`, `It begins with one of ${roots.join(', ')}: cycles.samples.`);
  const [root = ''] = path.split('.');
  if (!roots.includes(root)) {
    const close = nearest(root, roots);
    throw refuse(`"${path}" begins with "${root}".`, close === undefined ? `It begins with one of ${roots.join(', ')}.` : `Did you mean "${close}"?`);
  }
  const hint = elsewhere.find(([shape]) => shape.test(path))?.[1];
  if (hint !== undefined) throw refuse(`${path} cannot be set.`, hint);
  if (value.length > longestValue) throw refuse(`the value of ${path} has over ${longestValue} characters.`, 'Shorten it.');
  return { path, value };
}

/** Assignments separated by commas. Throws `bad-setting`, naming what is wrong with one of them. */
export function parseOverrides(text: string): readonly Override[] {
  const parts = text.split(separator, mostOverrides + 1);
  if (parts.length > mostOverrides) throw refuse(`it has over ${mostOverrides} assignments.`, 'Set the others in the scene.');
  const overrides = parts.map(parseOverride);
  const paths = overrides.map(({ path }) => path);
  const twice = paths.find((path, place) => paths.indexOf(path) !== place);
  if (twice !== undefined) throw refuse(`${twice} is set twice.`, 'Say it once.');
  return overrides;
}
