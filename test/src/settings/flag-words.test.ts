import { expect, test } from 'vitest';
import { resolveSettings } from '../../../src/settings/daemon-settings.ts';
import { flagWords, restartWords } from '../../../src/settings/flag-words.ts';

test('what was accepted for one start is not accepted for those after it; all else stays', () => {
  const settings = resolveSettings({ name: 'n1', acceptLoss: true, without: ['blender'] }, {}, {}, 'config.json');
  expect(flagWords(settings)).toContain('--accept-loss');
  expect(restartWords(settings)).toEqual(flagWords(settings).filter((word) => word !== '--accept-loss'));
});

test.each([
  { http: false },
  {},
  { httpPort: '0' },
  { httpPort: '8443', httpBind: '0.0.0.0', tlsCert: '/c', tlsKey: '/k', httpName: ['a.lan', 'b'], httpFolder: ['/srv', '/jobs'] },
])('HTTP over TCP is served again as it was: %j', (given) => {
  const { http } = resolveSettings(given, {}, {}, 'config.json');
  const words = flagWords(resolveSettings(given, {}, {}, 'config.json'));
  const again: { http?: boolean; httpName?: string[]; httpFolder?: string[]; httpPort?: string; httpBind?: string; tlsCert?: string; tlsKey?: string } = {};
  for (const [index, word] of words.entries()) {
    const value = words[index + 1] ?? '';
    if (word === '--http' || word === '--no-http') again.http = word === '--http';
    if (word === '--http-name') again.httpName = [...(again.httpName ?? []), value];
    if (word === '--http-folder') again.httpFolder = [...(again.httpFolder ?? []), value];
    if (word === '--http-port') again.httpPort = value;
    if (word === '--http-bind') again.httpBind = value;
    if (word === '--tls-cert') again.tlsCert = value;
    if (word === '--tls-key') again.tlsKey = value;
  }
  expect(resolveSettings(again, {}, {}, 'config.json').http).toEqual(http);
});
