/** A manifest that somebody wrote: is it one? Those of built-in job types are known to be. */
import type { Argument, Manifest, Setting, SettingType } from './manifest.ts';

const types: readonly SettingType[] = ['text', 'path', 'integer', 'boolean', 'choice', 'frames', 'size'];

/** Settings that every command has; a job type's own could never be given, and two of one name would break the whole command line. */
export const takenKeys = [
  ...['output', 'overwrite', 'skipExisting', 'wait', 'detach', 'timeout', 'key', 'copies', 'copiesTimeout', 'alone', 'isolation', 'cores', 'exclusive'],
  ...['json', 'quiet', 'help', 'version'],
];

const keyShape = /^[a-z][a-zA-Z0-9]{0,63}$/;

/** The manifest, examples optional. Throws an Error that names the field. */
export function checkManifest(value: unknown, name: string): Manifest {
  const { name: ownName, version, summary, description, arguments: words = [], settings = [], examples = [], network } = objectOf(value, 'manifest');
  if (ownName !== name) throw new Error(`manifest.name must be "${name}", as the folder is called`);
  const manifest = {
    name,
    version: textOf(version, 'manifest.version'),
    summary: textOf(summary, 'manifest.summary'),
    description: description === undefined ? '' : textOf(description, 'manifest.description'),
    arguments: listOf(words, 'manifest.arguments').map(checkArgument),
    settings: listOf(settings, 'manifest.settings').map(checkSetting),
    examples: listOf(examples, 'manifest.examples').map(checkExample),
    ...(network === true ? { network } : {}),
  };
  if (network !== undefined && typeof network !== 'boolean') throw new Error('manifest.network must be true or false');
  const keys = [...manifest.arguments, ...manifest.settings].map(({ key }) => key);
  const twice = keys.find((key, place) => keys.indexOf(key) !== place);
  if (twice !== undefined) throw new Error(`manifest names the key "${twice}" twice`);
  const clash = keys.find((key) => takenKeys.includes(key));
  if (clash !== undefined) throw new Error(`manifest has a setting "${clash}", which every command has already`);
  return manifest;
}

function checkArgument(value: unknown, place: number): Argument {
  const at = `manifest.arguments[${place}]`;
  const { key, type, summary, required, packed } = objectOf(value, at);
  if (type !== 'path' && type !== 'text') throw new Error(`${at}.type must be path or text`);
  return { key: keyOf(key, `${at}.key`), type, summary: textOf(summary, `${at}.summary`), required: required === true, ...(packed === true ? { packed } : {}) };
}

function checkSetting(value: unknown, place: number): Setting {
  const at = `manifest.settings[${place}]`;
  const given = objectOf(value, at) as Partial<Setting>;
  const type = types.find((known) => known === given.type);
  if (type === undefined) throw new Error(`${at}.type must be one of ${types.join(', ')}`);
  if (type === 'choice') listOf(given.choices, `${at}.choices`).forEach((choice, index) => void textOf(choice, `${at}.choices[${index}]`));
  for (const bound of ['minimum', 'maximum'] as const) {
    if (given[bound] !== undefined && typeof given[bound] !== 'number') throw new Error(`${at}.${bound} must be a number`);
  }
  if (given.joinedBy !== undefined && (type !== 'text' || typeof given.joinedBy !== 'string')) throw new Error(`${at}.joinedBy must be a text, of a text`);
  return { ...(given as Setting), key: keyOf(given.key, `${at}.key`), type, summary: textOf(given.summary, `${at}.summary`) };
}

function checkExample(value: unknown, place: number): Manifest['examples'][number] {
  const at = `manifest.examples[${place}]`;
  const { command, summary } = objectOf(value, at);
  return { command: textOf(command, `${at}.command`), summary: textOf(summary, `${at}.summary`) };
}

function objectOf(value: unknown, at: string): { readonly [key: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${at} must be an object`);
  return { ...value };
}

function listOf(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${at} must be a list`);
  return value;
}

function textOf(value: unknown, at: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 4096) throw new Error(`${at} must be a text`);
  return value;
}

function keyOf(value: unknown, at: string): string {
  if (typeof value !== 'string' || !keyShape.test(value)) throw new Error(`${at} must be a name in camelCase`);
  return value;
}
