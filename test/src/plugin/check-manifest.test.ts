import { expect, test } from 'vitest';
import { manifest as render } from '../../../plugins/render/manifest.ts';
import { checkManifest } from '../../../src/plugin/check-manifest.ts';

const least = { name: 'count', version: '1', summary: 'Count' };

test('a built-in manifest passes unchanged', () => {
  expect(checkManifest(render, 'render')).toEqual(render);
});

test('what may be left out is empty', () => {
  expect(checkManifest(least, 'count')).toEqual({ ...least, description: '', arguments: [], settings: [], examples: [] });
});

test.each([
  [undefined, 'manifest must be an object'],
  [{ ...least, name: 'other' }, 'manifest.name must be "count"'],
  [{ ...least, version: 1 }, 'manifest.version must be a text'],
  [{ ...least, settings: {} }, 'manifest.settings must be a list'],
  [{ ...least, settings: [{ key: 'size', type: 'number', summary: 'Size' }] }, 'manifest.settings[0].type must be one of text'],
  [{ ...least, settings: [{ key: 'size', type: 'choice', summary: 'Size' }] }, 'manifest.settings[0].choices must be a list'],
  [{ ...least, settings: [{ key: 'a-size', type: 'text', summary: 'Size' }] }, 'manifest.settings[0].key must be a name in camelCase'],
  [{ ...least, settings: [{ key: 'n', type: 'integer', summary: 'N', minimum: '1' }] }, 'manifest.settings[0].minimum must be a number'],
  [{ ...least, settings: [{ key: 'n', type: 'integer', summary: 'N', joinedBy: ',' }] }, 'manifest.settings[0].joinedBy must be a text, of a text'],
  [{ ...least, arguments: [{ key: 'file', type: 'file', summary: 'File' }] }, 'manifest.arguments[0].type must be path or text'],
  [{ ...least, settings: [{ key: 'output', type: 'text', summary: 'Where' }] }, 'which every command has already'],
  [
    {
      ...least,
      settings: [
        { key: 'n', type: 'integer', summary: 'N' },
        { key: 'n', type: 'text', summary: 'N' },
      ],
    },
    'names the key "n" twice',
  ],
])('%j is refused with the field: %s', (value, expected) => {
  expect(() => checkManifest(value, 'count')).toThrow(expected);
});
