/** Settings as a caller gave them against the manifest of their job type. */
import { SupervmError } from '../model/errors.ts';
import { parseFrames } from '../model/frame-range.ts';
import type { Json, JsonObject } from '../model/job.ts';
import { nearest } from '../model/nearest.ts';
import type { Argument, Manifest, Setting } from './manifest.ts';

/** `sizePercent` to `size-percent`, as flags are written. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * The settings with defaults filled in; paths go through `resolvePath`. Throws `bad-setting` (or `bad-frames`) naming the setting and what
 * it takes. Texts that hold a number or a boolean are accepted for one, as command lines and forms send them.
 */
export function checkSettings(manifest: Manifest, given: JsonObject, resolvePath: (path: string) => string): JsonObject {
  const known = [...manifest.arguments, ...manifest.settings].map(({ key }) => key);
  for (const key of Object.keys(given)) if (!known.includes(key)) throw unknownSetting(manifest, key, known);
  const checked: Record<string, Json> = {};
  for (const argument of manifest.arguments) {
    const value = given[argument.key] ?? undefined;
    if (value !== undefined) checked[argument.key] = checkArgument(argument, value, resolvePath);
    else if (argument.required)
      throw new SupervmError('bad-setting', `${manifest.name} needs ${argument.key}: ${argument.summary}.`, `See: supervm ${manifest.name} --help`);
  }
  for (const setting of manifest.settings) {
    const value = given[setting.key] ?? setting.default;
    if (value !== undefined) checked[setting.key] = checkSetting(setting, value, resolvePath);
  }
  return checked;
}

function unknownSetting(manifest: Manifest, key: string, known: readonly string[]): SupervmError {
  const close = nearest(key, known);
  return new SupervmError(
    'bad-setting',
    `${manifest.name} has no setting "${key}".`,
    close === undefined ? `It has: ${known.join(', ')}` : `Did you mean "${close}"?`,
  );
}

function checkArgument(argument: Argument, value: Json, resolvePath: (path: string) => string): Json {
  if (typeof value !== 'string' || value === '' || value.includes('\0'))
    throw new SupervmError('bad-setting', `${argument.key} must be a ${argument.type}, not ${JSON.stringify(value)}.`);
  return argument.type === 'path' ? resolvePath(value) : value;
}

function checkSetting(setting: Setting, value: Json, resolvePath: (path: string) => string): Json {
  const bad = (wanted: string, hint = ''): SupervmError =>
    new SupervmError('bad-setting', `${flagOf(setting.key)}: ${JSON.stringify(value)} is not ${wanted}.`, hint);
  switch (setting.type) {
    case 'boolean':
      if (value === true || value === 'true') return true;
      if (value === false || value === 'false') return false;
      throw bad('true or false');
    case 'integer':
      return checkInteger(setting, value, bad);
    case 'choice': {
      const choices = setting.choices ?? [];
      if (typeof value === 'string' && choices.includes(value)) return value;
      const close = typeof value === 'string' ? nearest(value, choices) : undefined;
      throw bad(`one of ${choices.join(', ')}`, close === undefined ? '' : `Did you mean "${close}"?`);
    }
    case 'frames':
      return checkFrames(setting, value);
    case 'path':
      if (typeof value !== 'string' || value === '' || value.includes('\0')) throw bad('a path');
      return resolvePath(value);
    case 'text':
    case 'size':
      if (typeof value !== 'string' || value === '' || value.includes('\0')) throw bad(setting.type === 'size' ? 'a size' : 'a text');
      return value;
  }
}

function checkInteger(setting: Setting, value: Json, bad: (wanted: string) => SupervmError): number {
  const number = typeof value === 'string' && /^[+-]?\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw bad('a whole number');
  const unit = setting.unit === undefined ? '' : ` ${setting.unit}`;
  if (setting.minimum !== undefined && number < setting.minimum) throw bad(`at least ${setting.minimum}${unit}`);
  if (setting.maximum !== undefined && number > setting.maximum) throw bad(`at most ${setting.maximum}${unit}`);
  return number;
}

function checkFrames(setting: Setting, value: Json): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string')
    throw new SupervmError(
      'bad-frames',
      `${flagOf(setting.key)}: ${JSON.stringify(value)} is not a list of frames.`,
      'Write frames like 1-100 or 1,5,10-50:2.',
    );
  try {
    parseFrames(text);
  } catch (error) {
    if (error instanceof SupervmError) throw new SupervmError(error.code, `${flagOf(setting.key)}: ${error.message}`, error.hint, { cause: error });
    throw error;
  }
  return text;
}
