import { beforeEach, describe, expect, test } from 'vitest';
import { Sessions } from '../../../daemon/http/sessions.ts';
import { systemRandomness } from '../../../daemon/system-clock.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

let clock: VirtualClock;
let sessions: Sessions;
beforeEach(() => {
  clock = new VirtualClock();
  sessions = new Sessions({ clock, randomness: systemRandomness() });
});

const minute = 60_000;

async function opened(role: 'viewer' | 'admin' = 'admin') {
  const session = await sessions.open(sessions.makeCode(role).code);
  if (session === undefined) throw new Error('the code was refused');
  return session;
}

describe('a one-time code', () => {
  test('opens one session', async () => {
    const { code } = sessions.makeCode('viewer');
    const both = await Promise.all([sessions.open(code), sessions.open(code)]);
    expect(both.filter((session) => session !== undefined)).toMatchObject([{ role: 'viewer' }]);
    expect(await sessions.open(code)).toBeUndefined();
  });

  test('is good for a minute', async () => {
    const [early, late] = [sessions.makeCode('user'), sessions.makeCode('user')];
    await clock.advance(minute - 1);
    expect(await sessions.open(early.code)).toMatchObject({ role: 'user' });
    await clock.advance(1);
    expect(await sessions.open(late.code)).toBeUndefined();
  });

  test.each([[''], ['svml_'], [`svml_${'0'.repeat(32)}`]])('cannot be %j', async (code) => {
    sessions.makeCode('admin');
    expect(await sessions.open(code)).toBeUndefined();
  });
});

describe('a session', () => {
  test('is known by its cookie, as what it was opened for', async () => {
    const { cookie } = await opened('viewer');
    expect(await sessions.check(cookie, undefined)).toMatchObject({ role: 'viewer', renewed: undefined });
  });

  test('changes something only with the proof that its opener was told', async () => {
    const { cookie, proof } = await opened();
    expect(await sessions.check(cookie, { given: proof })).toMatchObject({ role: 'admin' });
    for (const given of ['', 'x', (await opened()).proof]) await expect(sessions.check(cookie, { given })).rejects.toMatchObject({ code: 'not-allowed' });
  });

  test('ends a quarter of an hour after its last use', async () => {
    const { cookie } = await opened();
    await clock.advance(14 * minute);
    const renewed = (await sessions.check(cookie, undefined))?.renewed ?? '';
    await clock.advance(14 * minute);
    expect(await sessions.check(renewed, undefined)).toMatchObject({ role: 'admin' });
    // The first cookie is past its own time, though the session lives.
    expect(await sessions.check(cookie, undefined)).toBeUndefined();
    await clock.advance(15 * minute);
    expect(await sessions.check(renewed, undefined)).toBeUndefined();
  });

  test('ends after twelve hours, however much it is used', async () => {
    let { cookie } = await opened();
    let used = 0;
    for (; used < 13 * 60; used += 5) {
      await clock.advance(5 * minute);
      const session = await sessions.check(cookie, undefined);
      if (session === undefined) break;
      cookie = session.renewed ?? cookie;
    }
    expect(used).toBe(12 * 60 - 5);
  });

  test('that was closed is closed', async () => {
    const { cookie } = await opened();
    const session = await sessions.check(cookie, undefined);
    expect(sessions.close(session?.id ?? '')).toBe(true);
    expect(await sessions.check(cookie, undefined)).toBeUndefined();
  });

  test('of another daemon is none of ours', async () => {
    await opened();
    const other = new Sessions({ clock, randomness: systemRandomness() });
    const { cookie } = (await other.open(other.makeCode('admin').code)) ?? { cookie: '' };
    expect(await other.check(cookie, undefined)).toMatchObject({ role: 'admin' });
    expect(await sessions.check(cookie, undefined)).toBeUndefined();
  });

  test('cannot be made up', async () => {
    const { cookie } = await opened('viewer');
    const [head = '', claims = '', signature = ''] = cookie.split('.');
    const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const told = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object;
    const forged = [
      [encoded({ alg: 'none' }), claims, ''],
      [encoded({ alg: 'HS256' }), claims, signature],
      [head, encoded({ ...told, role: 'admin' }), signature],
      [head, encoded({ ...told, exp: 9_999_999_999 }), signature],
      [head, claims, `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`],
    ].map((parts) => parts.join('.'));
    for (const text of [...forged, '', 'x', '..', cookie.slice(1)]) expect(await sessions.check(text, undefined)).toBeUndefined();
  });

  test('the role is the server’s word, not the cookie’s', async () => {
    const { cookie } = await opened('viewer');
    expect(cookie).not.toContain('svml_');
    expect(await sessions.check(cookie, undefined)).toMatchObject({ role: 'viewer' });
  });
});
