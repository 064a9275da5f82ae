import { describe, expect, test } from 'vitest';
import { emptyDisk, MemoryStore } from '../../../daemon/records/memory-store.ts';
import { entry, factStoreSuite } from '../../conformance/fact-store-suite.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

function bench() {
  const clock = new VirtualClock();
  const disk = emptyDisk();
  const needs = { clock, randomness: seededRandomness(1) };
  const create = () => new MemoryStore({ disk, fsyncMs: 5 }, needs);
  const wait = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    await clock.runUntil(() => settled, 60_000);
    return watched;
  };
  return { clock, disk, create, wait, close: async () => undefined };
}

factStoreSuite('in memory', async () => bench());

describe('the memory store', () => {
  test('forgets at a crash what was not synced', async () => {
    const { clock, create, disk, wait } = bench();
    const store = create();
    await store.start();
    await wait(store.append([entry(1)]));
    const answers: string[] = [];
    void store.append([entry(2)]).then(() => answers.push('lost'));
    await clock.advance(4);
    store.crash();
    await clock.advance(100);
    expect(answers).toEqual([]);
    expect(disk.logs.get('n1/s1')).toEqual([entry(1)]);
  });

  test('may have a commit on disk that a crash kept it from confirming, but nothing asked after it', async () => {
    const { clock, create, disk } = bench();
    const store = create();
    await store.start();
    void store.append([entry(1)]);
    await clock.advance(1);
    void store.append([entry(2)]);
    store.crash(true);
    expect(disk.logs.get('n1/s1')).toEqual([entry(1)]);
  });

  test('refuses on a full disk and works again when there is room', async () => {
    const { create, disk, wait } = bench();
    const store = create();
    await store.start();
    disk.full = true;
    await expect(wait(store.append([entry(1)]))).rejects.toMatchObject({ code: 'disk-full' });
    disk.full = false;
    await wait(store.append([entry(1)]));
    expect((await store.load()).entries).toEqual([entry(1)]);
  });

  test('refuses while fsync fails; what it refused may come to light after a crash, unless something was written over it', async () => {
    const refused = async (then: (store: MemoryStore, wait: <T>(promise: Promise<T>) => Promise<T>) => Promise<unknown>) => {
      const { create, disk, wait } = bench();
      const store = create();
      await store.start();
      disk.failing = true;
      await expect(wait(store.append([entry(1)]))).rejects.toThrow('I/O error');
      expect(disk.logs.size).toBe(0);
      disk.failing = false;
      await then(store, wait);
      store.crash(true);
      return disk;
    };
    expect((await refused(async () => undefined)).logs.get('n1/s1')).toEqual([entry(1)]);
    expect((await refused((store, wait) => wait(store.saveTerm({ number: 1, node: 'n1' })))).logs.size).toBe(0);
  });
});
