/** Needs root and network namespaces: what is said about the cluster on one of three machines holds on all of them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AuditView, TokenReceipt } from '../../src/api/cluster-views.ts';
import { Lab } from '../support/lab.ts';
import type { Machine } from '../support/lab-machine.ts';
import { startCluster } from '../support/start-cluster.ts';

const secret = 'correct horse battery staple';

/** The status code of a call over TCP on the machine, with a token that is in no argument. */
async function callWith(machine: Machine, token: string, path: string, method = 'GET'): Promise<number> {
  const script = `
    const url = require('node:fs').readFileSync(process.env.SUPERVM_HOME + '/run/http.address', 'utf8').trim();
    const token = require('node:fs').readFileSync(0, 'utf8').trim();
    const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' };
    fetch(url + process.argv[1], { method: process.argv[2], headers }).then(({ status }) => console.log(status));`;
  const { stdout, stderr } = await machine.command([process.execPath, '-e', script, path, method], token).finished;
  if (stdout === '') throw new Error(stderr);
  return Number(stdout);
}

/** Every byte of every file below. */
function everythingIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .map((path) => readFileSync(path, 'latin1'))
    .join('\0');
}

test('tokens and their revocation count on every machine, a secret reaches tasks and no log, and the audit tells it all', async () => {
  await using lab = Lab.create({ nodes: 3, jobTypes: ['naps'] });
  await startCluster(lab, 'job-type:naps');
  const [first, second, third] = [lab.machine(0), lab.machine(1), lab.machine(2)];

  const { token, view, copies } = await first.json<TokenReceipt>('token', 'create', '--name', 'ci', '--role', 'user');
  expect(copies).toHaveLength(3);
  for (const machine of lab.machines) expect(await callWith(machine, token, '/api/v1/jobs')).toBe(200);
  expect(await callWith(second, `${token.slice(0, -1)}A`, '/api/v1/jobs')).toBe(401);
  expect(await callWith(second, token, '/api/v1/tokens')).toBe(403);

  const set = await second.command([second.supervm, 'secret', 'set', 'API_KEY', '--json'], `${secret}\n`).finished;
  expect(set).toMatchObject({ code: 0 });
  const output = join(lab.folder, 'out');
  expect(await first.run('naps', '--tasks', '6', '--ms', '300', '--secret', 'API_KEY', '-o', output)).toMatchObject({ code: 0 });
  const digest = createHash('sha256').update(secret).digest('hex');
  for (let nap = 1; nap <= 6; nap += 1) expect(readFileSync(join(output, `nap-${nap}.txt`), 'utf8')).toBe(`nap ${nap}\n${digest}\n`);
  const [job] = await first.json<readonly { readonly id: string }[]>('jobs');
  const { stdout: log } = await first.run('logs', job?.id ?? '', 'nap=1');
  expect(log).toMatch(/the secret is \*{3}\n +\*{3}\n/);
  expect(await first.run('naps', '--secret', 'NOBODYS', '-o', join(lab.folder, 'none'))).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('NOBODYS') as string,
  });
  for (const { home } of lab.machines) {
    const bytes = everythingIn(home);
    expect(bytes).not.toContain(secret);
    expect(bytes).not.toContain(token.slice(4, 30));
  }

  expect(await third.run('token', 'revoke', 'ci')).toMatchObject({ code: 0 });
  for (const machine of lab.machines) expect(await callWith(machine, token, '/api/v1/jobs')).toBe(401);
  expect(await third.run('secret', 'rm', 'API_KEY')).toMatchObject({ code: 0 });
  expect((await first.run('secret', 'ls', '--quiet')).stdout).toBe('');

  const expected = [
    ['n1', 'owner', 'token-created', 'ci', 'done'],
    ['n2', expect.stringMatching(/127\.0\.0\.1/), 'authentication-refused', '', 'refused'],
    ['n2', 'token:ci', 'call-refused', 'GET /api/v1/tokens', 'refused'],
    ['n2', 'owner', 'secret-set', 'API_KEY', 'done'],
    ['n1', 'owner', 'job-submitted', job?.id, 'done'],
    ['n3', 'owner', 'token-revoked', 'ci', 'done'],
    ['n3', 'owner', 'secret-removed', 'API_KEY', 'done'],
  ];
  await second.until(
    async () => (await second.json<readonly AuditView[]>('audit', '--who', 'owner')).some(({ action }) => action === 'secret-removed'),
    20_000,
  );
  const lines = (await second.json<readonly AuditView[]>('audit')).map(({ nodeName, who, action, subject, outcome }) => [
    nodeName,
    who,
    action,
    subject,
    outcome,
  ]);
  for (const line of expected) expect(lines).toContainEqual(line);
  expect(view.id).toMatch(/^[0-9a-f]{16}$/);
});
