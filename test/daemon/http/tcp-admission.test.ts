/** Who gets in over TCP, and as what. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PersonRole } from '../../../src/model/cluster-facts.ts';
import { type Answer, ask, bearer, startTcp, tokenOf, type World } from './tcp-world.ts';

let world: World;
beforeEach(async () => {
  world = await startTcp();
});
afterEach(() => world[Symbol.asyncDispose]());

describe('whoever shows nothing that counts', () => {
  test.each([
    ['an unknown token', { authorization: `Bearer svm_${'f'.repeat(32)}` }],
    ['no token of ours', { authorization: 'Bearer x' }],
    ['a password', { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` }],
    ['two tokens in one', { authorization: `Bearer ${tokenOf('admin')}, Bearer ${tokenOf('admin')}` }],
    ['a token where a cookie belongs', { cookie: `supervm_3000=${tokenOf('admin')}` }],
  ])('as %s, learns the same', async (_, headers) => {
    const { status, text } = await ask(world.url, '/api/v1/status', { headers });
    const { text: ofNothing } = await ask(world.url, '/api/v1/status');
    expect({ status, text }).toEqual({ status: 401, text: ofNothing });
  });

  test('learns nothing of which paths there are', async () => {
    const texts = await Promise.all(['/', '/nowhere', '/api/v1/status', '/%zz', '/api/v1/jobs/abc/cancel'].map((path) => ask(world.url, path)));
    expect(new Set(texts.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  });

  test('is held up after some tries, while a good token is not', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async () => (await ask(world.url, '/', { headers: { authorization: 'Bearer svm_no' } })).status),
    );
    expect(statuses.filter((status) => status === 401).length).toBeLessThan(25);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(10);
    expect((await ask(world.url, '/api/v1/status', { headers: bearer('viewer') })).status).toBe(200);
  });
});

describe('a token', () => {
  test('says who calls', async () => {
    await ask(world.url, '/api/v1/status', { headers: bearer('viewer') });
    expect(world.calls).toContain('status by token:viewer');
  });

  test('buys so many calls a second, and no more', async () => {
    const statuses = await Promise.all(Array.from({ length: 260 }, async () => (await ask(world.url, '/api/v1/status', { headers: bearer('viewer') })).status));
    expect(statuses).toContain(429);
    expect(statuses.filter((status) => status === 200).length).toBe(200);
    expect((await ask(world.url, '/api/v1/status', { headers: bearer('admin') })).status).toBe(200);
  });

  test('in the address is refused, and not repeated in the answer', async () => {
    const { status, text } = await ask(world.url, `/api/v1/status?token=${tokenOf('admin')}`, { headers: bearer('admin') });
    expect(status).toBe(400);
    expect(text).not.toContain('svm_admin');
  });

  test('does not make paths that are not there', async () => {
    const { status, body } = await ask(world.url, '/nowhere', { headers: bearer('viewer') });
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'route-not-found' });
  });
});

/** Opens a session as a browser does. */
async function openSession(role: PersonRole): Promise<{ readonly cookie: string; readonly proof: string; readonly set: string }> {
  const { code } = await world.server.client.call('loginCode', { body: { role } });
  const { headers, body } = await ask(world.url, '/api/session', { method: 'POST', body: JSON.stringify({ code }) });
  const set = headers['set-cookie']?.[0] ?? '';
  return { cookie: set.split(';')[0] ?? '', proof: String(body.proof), set };
}

describe('a session', () => {
  test('is opened with a one-time code and kept in a cookie that scripts and other sites do not see', async () => {
    const { set, cookie } = await openSession('viewer');
    expect(set).toMatch(new RegExp(`^supervm_${world.port}=[\\w.-]+; Path=/; Max-Age=900; HttpOnly; SameSite=Strict$`));
    const { body } = await ask(world.url, '/api/session', { headers: { cookie } });
    expect(body).toMatchObject({ role: 'viewer', who: expect.stringMatching(/^session:[0-9a-f]{8}$/) });
  });

  test('may what its role may; what changes something needs its proof', async () => {
    const { cookie, proof } = await openSession('user');
    const cancel = (headers: Record<string, string>): Promise<Answer> =>
      ask(world.url, '/api/v1/jobs/ab/cancel', { method: 'POST', headers: { cookie, ...headers } });
    expect((await cancel({})).status).toBe(403);
    expect((await cancel({ 'x-supervm-session': proof })).status).toBe(200);
    const drain = await ask(world.url, '/api/v1/drain', { method: 'POST', headers: { cookie, 'x-supervm-session': proof } });
    expect(drain).toMatchObject({ status: 403, body: { message: expect.stringContaining('needs the role admin; yours is user') } });
  });

  test('ends when it is closed', async () => {
    const { cookie, proof } = await openSession('admin');
    const closed = await ask(world.url, '/api/session/close', { method: 'POST', headers: { cookie, 'x-supervm-session': proof } });
    expect(closed).toMatchObject({ status: 200, body: { closed: true } });
    expect(closed.headers['set-cookie']?.[0]).toContain('Max-Age=0');
    expect((await ask(world.url, '/api/v1/status', { headers: { cookie } })).status).toBe(401);
  });

  test('of two cookies is nobody’s', async () => {
    const { cookie } = await openSession('admin');
    expect((await ask(world.url, '/api/v1/status', { headers: { cookie: `${cookie}; ${cookie}` } })).status).toBe(401);
  });

  test('is opened once by a code, and not by one that was made up', async () => {
    const { code } = await world.server.client.call('loginCode', {});
    const tries = [code, code, `svml_${'0'.repeat(32)}`].map(
      (text) => () => ask(world.url, '/api/session', { method: 'POST', body: JSON.stringify({ code: text }) }),
    );
    const statuses: number[] = [];
    for (const attempt of tries) statuses.push((await attempt()).status);
    expect(statuses).toEqual([200, 401, 401]);
  });
});

test.each([
  ['an answer', '/api/v1/status', bearer('viewer')],
  ['a refusal', '/api/v1/status', {}],
  ['a path that is not there', '/nowhere', bearer('viewer')],
])('%s may not be framed, sniffed, kept, or read by other origins', async (_, path, headers) => {
  const answer = await ask(world.url, path, { headers });
  expect(answer.headers).toMatchObject({
    'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
});

test('a preflight of another origin is refused', async () => {
  const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' };
  const answer = await ask(world.url, '/api/v1/jobs', { method: 'OPTIONS', headers });
  expect(answer.status).toBe(403);
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
});

describe('a stream ends within a second', () => {
  /** Resolves with how the stream began; `ended` once it is over. */
  async function follow(headers: Record<string, string>): Promise<{ readonly status: number; readonly ended: Promise<unknown> }> {
    const sent = request(`${world.url}/api/v1/events`, { headers, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume().on('error', () => undefined);
    return { status: response.statusCode ?? 0, ended: new Promise((resolve) => response.once('close', resolve)) };
  }

  test('after the token that opened it was revoked', async () => {
    const { status, ended } = await follow(bearer('viewer'));
    const other = await follow(bearer('user'));
    expect([status, other.status]).toEqual([200, 200]);
    world.tokens.delete(tokenOf('viewer'));
    await ended;
    world.tokens.clear();
    await other.ended;
  });

  test('after its session was closed', async () => {
    const { cookie, proof } = await openSession('viewer');
    const { status, ended } = await follow({ cookie });
    expect(status).toBe(200);
    await ask(world.url, '/api/session/close', { method: 'POST', headers: { cookie, 'x-supervm-session': proof } });
    await ended;
  });
});

test('whoever has shown nothing yet may send a code, and nothing long', async () => {
  const long = JSON.stringify({ code: 'x'.repeat(1100) });
  const send = (headers: Record<string, string>) => ask(world.url, '/api/session', { method: 'POST', body: long, headers });
  const { text: short } = await ask(world.url, '/api/session', { method: 'POST', body: JSON.stringify({ code: 'svml_0' }) });
  expect(short).toContain('not-authenticated');
  for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) expect((await send(headers)).text).toMatch(/cannot be read.*too large/);
});
