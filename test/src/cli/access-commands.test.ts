/** token, secret and audit: the real command line against a real server, over parts in memory. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../../src/api/routes.ts';
import { ApiWorld } from '../../daemon/http/api-world.ts';
import { type ApiServer, startApiServer } from '../../support/api-server.ts';
import { runCli, runHere } from '../../support/run-cli.ts';

let world: ApiWorld;
let server: ApiServer;

beforeAll(async () => {
  world = new ApiWorld();
  server = await startApiServer(world.api);
});
afterAll(() => server[Symbol.asyncDispose]());

describe('supervm token', () => {
  test('prints the text of a new token alone on standard output, in every output', async () => {
    const people = await runHere(server.home, ['token', 'create', '--name', 'phone', '--role', 'viewer', '--expires', '12h']);
    expect(people.stdout).toMatch(/^svm_[\w-]{38}\n$/);
    expect(people.stderr).toMatch(/phone has the role viewer until \d{4}-.*shown this once/);
    const json = JSON.parse((await runHere(server.home, ['token', 'create', '--json'])).stdout) as { token: string; view: { role: string } };
    expect(json).toMatchObject({ token: expect.stringMatching(/^svm_/) as string, view: { role: 'user' } });
    const quiet = await runHere(server.home, ['token', 'create', '--quiet']);
    expect(quiet).toMatchObject({ stdout: expect.stringMatching(/^svm_[\w-]{38}\n$/) as string, stderr: '' });
  });

  test('lists tokens by their last characters, and never their texts', async () => {
    const { stdout: text } = await runHere(server.home, ['token', 'create', '--name', 'listed']);
    const listed = await runHere(server.home, ['token', 'ls']);
    expect(listed.stdout).toMatch(new RegExp(`listed +user +good +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d +…${text.trim().slice(-4)} +owner`));
    const json = await runHere(server.home, ['token', 'ls', '--json']);
    expect(listed.stdout + json.stdout).not.toContain(text.slice(4, 20));
    expect((await runHere(server.home, ['token', 'ls', '--quiet'])).stdout).toMatch(/^([0-9a-f]{16}\n)+$/);
  });

  test('revokes one, and says who does not know yet', async () => {
    await runHere(server.home, ['token', 'create', '--name', 'old']);
    world.membership.change('c', {}, 'unreachable');
    expect((await runHere(server.home, ['token', 'revoke', 'old'])).stdout).toMatch(
      /^The token old \([0-9a-f]{8}\) counts no longer\. 4 machines know it so far\. Not reached now: c;/,
    );
    world.membership.change('c', {}, 'alive');
    await expect(runHere(server.home, ['token', 'revoke', 'old'])).rejects.toMatchObject({ code: 'token-not-found', hint: 'See: supervm token ls' });
  });

  test.each([
    [['token', 'create', '--role', 'king'], '--role'],
    [['token', 'create', '--expires', 'never'], '--expires'],
    [['token', 'create', '--expires', '0d'], '--expires'],
    [['audit', '--since', 'yesterday'], '--since'],
    [['secret', 'set', '../x'], 'no name of a secret'],
  ])('%j is a mistake that names itself', async (words, name) => {
    await expect(runHere(server.home, words)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(name) as string });
  });
});

describe('supervm secret', () => {
  test('takes a value from standard input, without the end of its last line, and shows it nowhere', async () => {
    const set = await runCli(server.home, ['secret', 'set', 'API_KEY'], { input: 'hunter2 is\nthe word\n' });
    expect(set).toMatchObject({ code: 0, stdout: 'The secret API_KEY is set. 4 machines know it so far.\n', stderr: '' });
    expect(world.secrets.open(['API_KEY']).get('API_KEY')).toBe('hunter2 is\nthe word');
    const listed = await runHere(server.home, ['secret', 'ls']);
    expect(listed.stdout).toMatch(/^NAME +SET +BY\nAPI_KEY +\d{4}-.* owner\n$/);
    expect((await runHere(server.home, ['secret', 'ls', '--quiet'])).stdout).toBe('API_KEY\n');
    expect((await runHere(server.home, ['secret', 'rm', 'API_KEY', '--json'])).stdout).toContain('"name": "API_KEY"');
    await expect(runHere(server.home, ['secret', 'rm', 'API_KEY'])).rejects.toMatchObject({ code: 'secret-not-found' });
  });

  test('refuses to set nothing', async () => {
    expect(await runCli(server.home, ['secret', 'set', 'EMPTY'], { input: '\n' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no value') as string,
    });
  });
});

describe('supervm audit', () => {
  test('has a line of at most 80 columns for each thing, whatever names are in it', async () => {
    const line = { type: 'audited', node: 'a', outcome: 'done', door: 'socket' } as const;
    const now = Date.now();
    await world.journal.appendCluster({ ...line, at: now - 7_200_000, who: 'owner', action: 'job-submitted', subject: 'f'.repeat(64) });
    await world.journal.appendCluster({
      ...line,
      at: now - 1000,
      who: 'token:\u001b[2Jci',
      door: 'http',
      action: 'call-refused',
      subject: 'x'.repeat(160),
      outcome: 'refused',
    });
    const all = await runHere(server.home, ['audit']);
    const lines = all.stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^WHEN +WHERE +WHO +WHAT$/);
    expect(lines[1]).toMatch(/ a +owner +job-submitted ffffffff$/);
    expect(lines[2]).toMatch(/ a +token:\\x1b\[2Jci \(http\) +call-refused x{23}… refused$/);
    for (const one of lines.slice(0, 2)) expect(one.length).toBeLessThanOrEqual(80);
    expect((await runHere(server.home, ['audit', '--since', '1h', '--quiet'])).stdout.split('\t').slice(1)).toEqual([
      'a',
      'token:\\x1b[2Jci',
      'http',
      'call-refused',
      'x'.repeat(160),
      'refused\n',
    ]);
    expect(JSON.parse((await runHere(server.home, ['audit', '--who', 'owner', '--json'])).stdout)).toMatchObject([{ action: 'job-submitted' }]);
  });
});

test('tokens, secrets and the audit are no business of users and viewers', () => {
  const { tokens, createToken, revokeToken, secrets, setSecret, removeSecret, audit } = routes;
  expect([tokens, createToken, revokeToken, setSecret, removeSecret, audit].map(({ role }) => role)).toEqual(Array(6).fill('admin'));
  expect(secrets.role).toBe('user');
});
