import { expect, test } from 'vitest';
import { buildTree } from '../../../src/cli/command-tree.ts';
import { checkManifest, takenKeys } from '../../../src/plugin/check-manifest.ts';

const manifest = { name: 'count', version: '1', summary: 'Count' };

function flagsOf(settings: readonly object[]): readonly string[] {
  const { root } = buildTree({
    version: '0',
    manifests: [checkManifest({ ...manifest, settings }, 'count')],
    context: () => {
      throw new Error('no command is run');
    },
  });
  const command = root.commands.find((each) => each.name() === 'count');
  return [...(command?.options ?? []), ...root.options].map((option) => option.attributeName());
}

test('what every command has already is exactly what no job type may have', () => {
  expect([...flagsOf([]), 'help'].sort()).toEqual(takenKeys.toSorted());
});

test.each(takenKeys)('a setting called %s is refused by its name, not by the command line', (key) => {
  expect(() => flagsOf([{ key, type: 'text', summary: 'S' }])).toThrow(`a setting "${key}", which every command has already`);
});
