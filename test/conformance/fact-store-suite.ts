/** What every FactStore promises; each implementation runs it. */
import { afterEach, describe, expect, test } from 'vitest';
import type { FactStore } from '../../daemon/records/journal.ts';
import type { Entry } from '../../src/model/facts.ts';

export interface StoreBench {
  /** A store on the same disk every time, not started; the one before it has stopped. */
  create(): FactStore;
  /** Lets time pass until `promise` is settled. */
  wait<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function entry(sequence: number, origin = 'n1/s1', fact: unknown = { type: 'removed', job: 'j', at: sequence }): Entry {
  return { origin, sequence, previous: sequence.toString(16).padStart(64, '0'), fact };
}

export function factStoreSuite(name: string, openBench: () => Promise<StoreBench>): void {
  describe(`the fact store ${name}`, () => {
    let close: (() => Promise<void>) | undefined;
    afterEach(() => close?.());

    async function opened() {
      const bench = await openBench();
      let store = bench.create();
      await bench.wait(store.start());
      close = async () => {
        await bench.wait(store.stop());
        await bench.close();
      };
      const wait = bench.wait.bind(bench);
      const restart = async () => {
        await wait(store.stop());
        store = bench.create();
        await wait(store.start());
        return wait(store.load());
      };
      return { store: () => store, wait, restart };
    }

    test('is empty at first and keeps its id', async () => {
      const { store, wait, restart } = await opened();
      const first = await wait(store().load());
      expect(first).toEqual({ storeId: expect.stringMatching(/^[0-9a-f]{16}$/), entries: [], highestTerm: undefined });
      expect(await restart()).toEqual(first);
    });

    test('gives back what was appended, by origin and sequence', async () => {
      const { store, wait, restart } = await opened();
      await wait(store().append([entry(1, 'n2/s'), entry(1), entry(2)]));
      await wait(store().append([entry(2, 'n2/s', { type: 'from-the-future', text: 'ä\u0000\ud83d\ude00', deep: [{ a: null }] })]));
      const expected = [entry(1), entry(2), entry(1, 'n2/s'), entry(2, 'n2/s', { type: 'from-the-future', text: 'ä\u0000\ud83d\ude00', deep: [{ a: null }] })];
      expect((await restart()).entries).toEqual(expected);
    });

    test('ignores what it has already', async () => {
      const { store, wait, restart } = await opened();
      await wait(store().append([entry(1)]));
      await wait(store().append([{ ...entry(1), fact: { type: 'removed', job: 'other', at: 0 } }, entry(2)]));
      expect((await restart()).entries).toEqual([entry(1), entry(2)]);
    });

    test('settles many concurrent appends, all of them durable', async () => {
      const { store, wait, restart } = await opened();
      const appends = Array.from({ length: 200 }, (_, index) => store().append([entry(index + 1)]));
      await wait(Promise.all(appends));
      expect((await restart()).entries.map((stored) => stored.sequence)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    });

    test('remembers the highest term, whatever is saved after it', async () => {
      const { store, wait, restart } = await opened();
      await wait(
        Promise.all([store().saveTerm({ number: 3, node: 'b' }), store().saveTerm({ number: 3, node: 'a' }), store().saveTerm({ number: 2, node: 'z' })]),
      );
      expect((await restart()).highestTerm).toEqual({ number: 3, node: 'b' });
      await wait(store().saveTerm({ number: 1, node: 'z' }));
      expect((await restart()).highestTerm).toEqual({ number: 3, node: 'b' });
    });

    test('remembers the seat that was saved last', async () => {
      const { store, wait, restart } = await opened();
      const term = { number: 3, node: 'b' };
      const seat = { granted: term, voters: { number: 2, term, voters: [{ node: 'b', store: '5' }] } };
      await wait(Promise.all([store().saveSeat({ granted: { number: 2, node: 'a' } }), store().saveSeat(seat)]));
      expect((await restart()).seat).toEqual(seat);
    });

    test('puts tombstones in the places of what it has, and ignores others', async () => {
      const { store, wait, restart } = await opened();
      const stone = (sequence: number, origin?: string) => entry(sequence, origin, { type: 'collected', job: 'a'.repeat(64), digest: 'b'.repeat(64) });
      await wait(store().append([entry(1), entry(2), entry(3)]));
      await wait(store().collect([stone(2), stone(4), stone(1, 'n2/s2')]));
      await wait(store().append([entry(2), entry(4)]));
      expect((await restart()).entries).toEqual([entry(1), stone(2), entry(3), entry(4)]);
    });

    test('takes a new id when asked and notes the loss, with everything else as it was', async () => {
      const { store, wait, restart } = await opened();
      const before = await wait(store().load());
      await wait(store().append([entry(1)]));
      const renewed = await wait(store().renew());
      expect(renewed).not.toBe(before.storeId);
      expect(await restart()).toEqual({ storeId: renewed, entries: [entry(1)], highestTerm: undefined, lostAt: expect.any(Number) });
    });

    test('finishes what was asked before it stops', async () => {
      const { store, wait, restart } = await opened();
      const append = store().append([entry(1)]);
      const loaded = await restart();
      await wait(append);
      expect(loaded.entries).toEqual([entry(1)]);
    });
  });
}
