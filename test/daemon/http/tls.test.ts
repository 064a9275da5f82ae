/** HTTP over TLS, and files that cannot be used for it. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sessionRoutes } from '../../../daemon/http/session-routes.ts';
import { openTcp } from '../../../daemon/http/tcp-parts.ts';
import { systemClock, systemRandomness } from '../../../daemon/system-clock.ts';
import { startApiServer } from '../../support/api-server.ts';
import { fakeApi, sampleStatus } from '../../support/fake-api.ts';

let folder: string;
let cert: string;
let key: string;

function makeCertificate(name: string): { readonly cert: string; readonly key: string } {
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`];
  execFileSync('openssl', [...words, '-addext', `subjectAltName=DNS:${name}`, '-keyout', files.key, '-out', files.cert], { stdio: 'pipe' });
  chmodSync(files.key, 0o600);
  return files;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-tls-'));
  ({ cert, key } = makeCertificate('box.lan'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const needs = () => ({ clock: systemClock(), randomness: systemRandomness(), tokens: { authorize: () => ({ name: 'ann', role: 'viewer' as const }) } });
const settings = { bind: '0.0.0.0', port: 0, folders: [], names: ['box.lan'] };

test('another address than loopback is served over TLS, under the names that were configured, and never in plain text', async () => {
  const tcp = openTcp({ ...settings, tlsCert: cert, tlsKey: key }, needs());
  await using server = await startApiServer(fakeApi({ ...sessionRoutes(tcp), status: async () => sampleStatus }), tcp.listener);
  const port = Number(new URL(tcp.listener.url ?? '').port);
  const ask = async (path: string, headers: Record<string, string>, body?: string): Promise<IncomingMessage> => {
    const method = body === undefined ? 'GET' : 'POST';
    const options = { host: '127.0.0.1', servername: 'box.lan', port, path, method, headers, ca: readFileSync(cert), agent: false };
    const [response] = (await once(request(options).end(body), 'response')) as [IncomingMessage];
    return response.resume();
  };
  const authorization = `Bearer svm_${'0'.repeat(38)}`;
  expect((await ask('/api/v1/status', { host: `box.lan:${port}`, authorization })).statusCode).toBe(200);
  expect((await ask('/api/v1/status', { host: `evil.example:${port}`, authorization })).statusCode).toBe(403);
  expect((await ask('/api/v1/status', { host: `box.lan:${port}` })).statusCode).toBe(401);
  const { code } = await server.client.call('loginCode');
  const opened = await ask('/api/session', { host: `box.lan:${port}`, 'content-type': 'application/json' }, JSON.stringify({ code }));
  expect(opened.headers['set-cookie']?.[0]).toMatch(new RegExp(`^__Host-supervm_${port}=\\S+; Path=/; Max-Age=900; HttpOnly; SameSite=Strict; Secure$`));
  await expect(fetch(`http://127.0.0.1:${port}/api/v1/status`)).rejects.toThrow();
  const old = connect({ host: '127.0.0.1', port, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0', rejectUnauthorized: false });
  const [error] = (await once(old, 'error')) as [Error];
  expect(error.message).toMatch(/protocol version|unsupported/i);
});

test('files that cannot be used are named before anything listens', () => {
  const open = (tlsCert: string, tlsKey: string) => () => openTcp({ ...settings, tlsCert, tlsKey }, needs());
  const other = makeCertificate('other.lan');
  const broken = join(folder, 'broken.pem');
  writeFileSync(broken, 'not a certificate', { mode: 0o600 });
  expect(open(cert, join(folder, 'none.key'))).toThrow(/--tls-key: .*none\.key cannot be read/);
  expect(open(broken, key)).toThrow(/--tls-cert and --tls-key cannot be used/);
  expect(open(cert, other.key)).toThrow(/--tls-cert and --tls-key cannot be used: .*mismatch/);
  chmodSync(other.key, 0o644);
  expect(open(other.cert, other.key)).toThrow(expect.objectContaining({ code: 'bad-setting', hint: expect.stringContaining('chmod 600') }));
});
