import { expect, test } from 'vitest';
import { resolveSettings } from '../../../src/settings/daemon-settings.ts';
import { flagWords, restartWords } from '../../../src/settings/flag-words.ts';

test('what was accepted for one start is not accepted for those after it; all else stays', () => {
  const settings = resolveSettings({ name: 'n1', acceptLoss: true, without: ['blender'] }, {}, {}, 'config.json');
  expect(flagWords(settings)).toContain('--accept-loss');
  expect(restartWords(settings)).toEqual(flagWords(settings).filter((word) => word !== '--accept-loss'));
});
