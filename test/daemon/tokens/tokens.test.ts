import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authorize } from '../../../daemon/tokens/authorize.ts';
import { TokenDesk } from '../../../daemon/tokens/token-desk.ts';
import { drawToken, isWholeToken, tokenHash } from '../../../daemon/tokens/token-text.ts';
import type { ClusterState } from '../../../src/model/cluster-state.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const day = 86_400_000;

function desk() {
  const clock = new VirtualClock();
  const journal = new MemoryJournal();
  return { clock, journal, desk: new TokenDesk({ clock, randomness: seededRandomness(3), journal }) };
}

describe('the text of a token', () => {
  test('has at least 160 random bits and tells a whole one from one that was cut off or mistyped', () => {
    const randomness = seededRandomness(1);
    const texts = Array.from({ length: 200 }, () => drawToken(randomness));
    expect(new Set(texts).size).toBe(200);
    for (const text of texts) expect(text).toMatch(/^svm_[\w-]{38}$/);
    expect(texts.every(isWholeToken)).toBe(true);
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(41), fc.constantFrom('A', 'b', '7', '-', ''), (text, place, other) => {
        const changed = text.slice(0, place) + other + text.slice(place + 1);
        expect(isWholeToken(changed)).toBe(changed === text);
      }),
    );
  });
});

describe('whoever shows a token', () => {
  test('is let in by the whole text alone, until it is revoked or expires', async () => {
    const { clock, journal, desk: tokens } = desk();
    const now = clock.wall();
    const { text, token } = await tokens.create({ role: 'viewer', name: 'ci', seconds: 60 }, 'owner');
    const at = (shown: string, time = now) => authorize(shown, journal.cluster(), time);
    expect(at(text)).toEqual({ token });
    expect(tokens.authorize(text, now)).toEqual({ name: 'ci', role: 'viewer' });
    expect(at(text, now + 60_000)).toEqual({ reason: 'expired' });
    expect(at(`${text}x`)).toEqual({ reason: 'malformed' });
    expect(at('')).toEqual({ reason: 'malformed' });
    expect(at(drawToken(seededRandomness(9)))).toEqual({ reason: 'unknown' });
    await tokens.revoke('ci');
    expect(at(text)).toEqual({ reason: 'revoked' });
    expect(tokens.authorize(text, now)).toBeUndefined();
  });

  test('is found however many tokens there were, by looking at none of the others', async () => {
    const { clock, journal, desk: tokens } = desk();
    const { text, token } = await tokens.create({ name: 'ci' }, 'owner');
    await tokens.create({ name: 'old', seconds: 1 }, 'owner');
    const { tokenIds, revokedTokens } = journal.cluster();
    const looked: string[] = [];
    const only = {
      get: (id: string) => {
        looked.push(id);
        return journal.cluster().tokens.get(id);
      },
    } as unknown as ClusterState['tokens'];
    expect(authorize(text, { tokens: only, tokenIds, revokedTokens }, clock.wall())).toEqual({ token });
    expect(looked).toEqual([token.id]);
  });

  test('is refused where its hash was given to another one after it was revoked', async () => {
    const { clock, journal, desk: tokens } = desk();
    const { text, token } = await tokens.create({ name: 'ci' }, 'owner');
    await tokens.revoke('ci');
    await journal.appendCluster({ ...token, id: '0'.repeat(16) });
    await journal.appendCluster({ ...token, id: 'f'.repeat(16) });
    expect(authorize(text, journal.cluster(), clock.wall())).toEqual({ reason: 'revoked' });
  });

  test('finds nothing of its text in what is stored', async () => {
    const { journal, desk: tokens } = desk();
    const { text, token } = await tokens.create({}, 'owner');
    expect(token.hash).toBe(tokenHash(text));
    const stored = JSON.stringify([...journal.cluster().tokens.values()]);
    expect(stored).not.toContain(text.slice(4, 20));
    expect(text.endsWith(token.ending)).toBe(true);
  });
});

describe('tokens', () => {
  test('get a name, the role user and ninety days where nothing is said', async () => {
    const { clock, desk: tokens } = desk();
    const { token } = await tokens.create({}, 'owner');
    expect(token).toMatchObject({ role: 'user', name: `token-${token.id.slice(0, 6)}`, by: 'owner', expires: clock.wall() + 90 * day });
  });

  test('of one name are made once, and again after the first was revoked or has expired', async () => {
    const { clock, desk: tokens } = desk();
    await tokens.create({ name: 'ci', seconds: 60 }, 'owner');
    await expect(tokens.create({ name: 'ci' }, 'owner')).rejects.toMatchObject({ code: 'name-taken' });
    await clock.advance(60_000);
    await tokens.create({ name: 'ci' }, 'owner');
    await tokens.revoke('ci');
    await tokens.create({ name: 'ci' }, 'owner');
    expect(tokens.list().map(({ state }) => state)).toContain('good');
    await expect(tokens.create({ name: 'a\nb' }, 'owner')).rejects.toMatchObject({ code: 'bad-setting' });
  });

  test('are revoked by name or the beginning of an id; what is unknown or revoked already is said so', async () => {
    const { desk: tokens } = desk();
    const { token } = await tokens.create({ name: 'phone' }, 'owner');
    expect((await tokens.revoke(token.id.slice(0, 6))).revoked.map((one) => one.token.name)).toEqual(['phone']);
    for (const text of ['phone', token.id, 'nobody', '', 'abc']) await expect(tokens.revoke(text)).rejects.toMatchObject({ code: 'token-not-found' });
  });
});
