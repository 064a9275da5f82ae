import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/model/job.ts';
import { checkSettings, flagOf } from '../../../src/plugin/check-settings.ts';
import type { Manifest, Setting } from '../../../src/plugin/manifest.ts';

const settings: readonly Setting[] = [
  { key: 'frames', type: 'frames', summary: '' },
  { key: 'samples', type: 'integer', summary: '', minimum: 1, maximum: 100, unit: 'samples' },
  { key: 'engine', type: 'choice', summary: '', choices: ['cycles', 'eevee'] },
  { key: 'allowMissing', type: 'boolean', summary: '' },
  { key: 'fileName', type: 'text', summary: '', default: 'frame_####' },
  { key: 'library', type: 'path', summary: '' },
];
const manifest: Manifest = {
  name: 'render',
  version: '1',
  summary: '',
  description: '',
  arguments: [{ key: 'sceneFile', type: 'path', summary: 'the scene', required: true }],
  settings,
  examples: [],
};

const check = (given: JsonObject) => checkSettings(manifest, { sceneFile: 'a.blend', ...given }, (path) => `/work/${path}`);

test('defaults are filled in and paths resolved', () => {
  expect(check({ library: 'lib' })).toEqual({ sceneFile: '/work/a.blend', fileName: 'frame_####', library: '/work/lib' });
});

test('texts from a command line become what the setting is', () => {
  expect(check({ samples: '16', allowMissing: 'true', frames: 7 })).toMatchObject({ samples: 16, allowMissing: true, frames: '7' });
});

describe('what is wrong is named with its flag', () => {
  const cases: readonly [string, Json, string, RegExp][] = [
    ['samples', '0', 'bad-setting', /--samples.*at least 1 samples/],
    ['samples', 101, 'bad-setting', /--samples.*at most 100/],
    ['samples', '1.5', 'bad-setting', /--samples.*whole number/],
    ['samples', '1e2', 'bad-setting', /whole number/],
    ['engine', 'cycle', 'bad-setting', /--engine.*one of cycles, eevee/],
    ['allowMissing', 'yes', 'bad-setting', /--allow-missing.*true or false/],
    ['fileName', '', 'bad-setting', /--file-name/],
    ['library', 'a\0b', 'bad-setting', /--library/],
    ['frames', '100-1', 'bad-frames', /--frames: .*ends before/],
    ['frames', '', 'bad-frames', /--frames: .*empty/],
    ['frames', true, 'bad-frames', /--frames/],
  ];
  test.each(cases)('%s = %j', (key, value, code, message) => {
    expect(() => check({ [key]: value })).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

test('an unknown setting suggests the one that was meant', () => {
  expect(() => check({ sample: 3 })).toThrow(expect.objectContaining({ code: 'bad-setting', hint: expect.stringContaining('"samples"') }));
});

test('a missing argument is named', () => {
  expect(() => checkSettings(manifest, {}, (path) => path)).toThrow(/needs sceneFile/);
});

test('null is the same as not given', () => {
  expect(check({ samples: null })).not.toHaveProperty('samples');
});

test('keys become flags', () => {
  expect(flagOf('allowMissing')).toBe('--allow-missing');
});
