import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reseal, seal, sealingKey, unseal } from '../../../daemon/secrets/seal.ts';
import { SecretDesk } from '../../../daemon/secrets/secret-desk.ts';
import { emptyClusterState, foldClusterInto, isSuperseded } from '../../../src/model/cluster-state.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const key = sealingKey(Buffer.alloc(32, 1));
const other = sealingKey(Buffer.alloc(32, 2));
const randomness = seededRandomness(1);

describe('a sealed value', () => {
  test('opens with its key and under its name only', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (value) => {
        const sealed = seal(key, { name: 'API_KEY', value }, randomness);
        expect(unseal([other, key], { name: 'API_KEY', sealed })).toBe(value);
        expect(unseal([other], { name: 'API_KEY', sealed })).toBeUndefined();
        expect(unseal([key], { name: 'OTHER', sealed })).toBeUndefined();
      }),
    );
  });

  test('is refused whole when a byte of it has changed, and never looks the same twice', () => {
    const sealed = seal(key, { name: 'k', value: 'hunter2' }, randomness);
    expect(sealed).not.toBe(seal(key, { name: 'k', value: 'hunter2' }, randomness));
    const bytes = Buffer.from(sealed, 'base64url');
    for (let place = 0; place < bytes.length; place += 1) {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ 1;
      expect(unseal([key], { name: 'k', sealed: changed.toString('base64url') })).toBeUndefined();
    }
    for (const nonsense of ['', 'AQ', 'AAAA']) expect(unseal([key], { name: 'k', sealed: nonsense })).toBeUndefined();
  });
});

describe('sealed anew', () => {
  const sets = (sealed: string) => ({ type: 'secret-set', at: 0, name: 'K', clock: 1, node: 'n1', by: 'owner', sealed }) as const;

  test('a value opens by the new key alone, takes the place of what it was, and is the same whoever does it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.integer(), (value, seed) => {
        const old = seal(key, { name: 'K', value }, seededRandomness(seed));
        const renewed = reseal([other, key], { name: 'K', sealed: old });
        if (renewed === undefined) throw new Error('not sealed anew');
        expect(unseal([other], { name: 'K', sealed: renewed })).toBe(value);
        expect(unseal([key], { name: 'K', sealed: renewed })).toBeUndefined();
        expect(reseal([other, key], { name: 'K', sealed: old })).toBe(renewed);
        // Once is enough, and a key that never opened it changes nothing.
        expect(reseal([other, key], { name: 'K', sealed: renewed })).toBeUndefined();
        expect(reseal([other], { name: 'K', sealed: old })).toBeUndefined();
        for (const order of [
          [old, renewed],
          [renewed, old],
        ]) {
          const state = emptyClusterState();
          for (const sealed of order) foldClusterInto(state, sets(sealed));
          expect(state.secrets.get('K')).toEqual(sets(renewed));
          expect(isSuperseded(state, sets(old))).toBe(true);
        }
      }),
    );
  });

  test('a nonce at the end of its digits borrows from the one before', () => {
    const ends = Buffer.from('AQ8A------------', 'base64url');
    const randomEnd = {
      ...randomness,
      hex: () =>
        Buffer.concat([ends.subarray(1), Buffer.alloc(12)])
          .subarray(0, 12)
          .toString('hex'),
    };
    const old = seal(key, { name: 'K', value: 'v' }, randomEnd);
    const renewed = reseal([other, key], { name: 'K', sealed: old }) ?? '';
    expect(renewed < old).toBe(true);
    expect(unseal([other], { name: 'K', sealed: renewed })).toBe('v');
  });
});

describe('secrets', () => {
  function desk(shared: Uint8Array[] = [Buffer.alloc(32, 1)], journal = Object.assign(new MemoryJournal(), { nextClock: () => (clocks += 1) })) {
    return {
      journal,
      desk: new SecretDesk({ self: 'n1' }, { clock: new VirtualClock(), randomness, journal: () => journal, shared: () => shared as [Uint8Array] }),
    };
  }
  let clocks = 0;

  test('are set, set anew, listed without their values, opened and removed', async () => {
    const { journal, desk: secrets } = desk();
    await secrets.set('B', 'first', 'owner');
    await secrets.set('A', 'hunter2', 'token:ci');
    await secrets.set('B', 'second', 'owner');
    expect(secrets.list().map(({ name, by }) => [name, by])).toEqual([
      ['A', 'token:ci'],
      ['B', 'owner'],
    ]);
    expect([...secrets.open(['A', 'B'])]).toEqual([
      ['A', 'hunter2'],
      ['B', 'second'],
    ]);
    expect(JSON.stringify([...journal.cluster().secrets.values()])).not.toMatch(/hunter2|second/);
    await secrets.remove('B');
    expect(() => secrets.open(['B'])).toThrow(expect.objectContaining({ code: 'secret-not-found' }));
    await expect(secrets.remove('B')).rejects.toMatchObject({ code: 'secret-not-found' });
  });

  test('open with an earlier key of the cluster; without it one is told to set them again', async () => {
    const { journal, desk: before } = desk();
    await before.set('A', 'hunter2', 'owner');
    const now = desk([Buffer.alloc(32, 2), Buffer.alloc(32, 1)], journal).desk;
    expect(now.open(['A']).get('A')).toBe('hunter2');
    const stranger = desk([Buffer.alloc(32, 2)], journal).desk;
    expect(() => stranger.open(['A'])).toThrow(/Set it again|cannot open/);
  });

  test('after the key was replaced are sealed anew: who knows the earlier key alone opens none, and what was set since stays', async () => {
    const [earlier, current] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const { journal, desk: before } = desk([earlier]);
    await before.set('A', 'hunter2', 'owner');
    await before.set('B', 'first', 'owner');
    const [now, second] = [desk([current, earlier], journal).desk, desk([current, earlier], journal).desk];
    expect(second.stale()).toEqual(now.stale());
    const late = now.stale();
    await now.set('B', 'set since', 'owner');
    expect(await now.reseal()).toEqual(['A']);
    // Another machine that had not heard of the new value.
    for (const fact of late) await journal.appendCluster(fact);
    expect(() => before.open(['A'])).toThrow(expect.objectContaining({ code: 'secret-not-found' }));
    expect(() => before.open(['B'])).toThrow(expect.objectContaining({ code: 'secret-not-found' }));
    expect([...desk([current], journal).desk.open(['A', 'B'])]).toEqual([
      ['A', 'hunter2'],
      ['B', 'set since'],
    ]);
    expect(now.list().map(({ name, by }) => [name, by])).toEqual([
      ['A', 'owner'],
      ['B', 'owner'],
    ]);
    expect(await now.reseal()).toEqual([]);
    expect(before.stale()).toEqual([]);
  });

  test('have names that can be files, and values that are text of bounded length', async () => {
    const { desk: secrets } = desk();
    for (const name of ['', '..', 'a/b', 'x'.repeat(65)]) await expect(secrets.set(name, 'v', 'owner')).rejects.toMatchObject({ code: 'bad-setting' });
    for (const value of ['', 'x'.repeat(32_769), '\ud800']) await expect(secrets.set('A', value, 'owner')).rejects.toMatchObject({ code: 'bad-setting' });
    await secrets.set('A', 'x'.repeat(32_768), 'owner');
  });
});
