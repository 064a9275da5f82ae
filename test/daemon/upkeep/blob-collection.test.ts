import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BlobFolder } from '../../../daemon/blobs/blob-folder.ts';
import type { Fact } from '../../../src/model/facts.ts';
import { emptyJobState, foldInto, type MutableJobState } from '../../../src/model/fold.ts';
import type { Digest } from '../../../src/model/job.ts';
import { CollectionWorld, hour } from './collection-world.ts';

describe('collecting blobs', () => {
  let world: CollectionWorld;

  beforeEach(async () => {
    world = new CollectionWorld();
    await world.collection.start();
  });
  afterEach(() => world.collection.stop());

  test('frees within minutes what a removed job alone referred to', async () => {
    const gone = await world.job('one', 'scene', 'frame one');
    await world.job('two', 'scene', 'frame two');
    await world.time.advance(hour);
    expect(await world.count()).toBe(4);
    world.remove('one', gone);
    await world.time.advance(200_000);
    expect(await world.count()).toBe(3);
    expect(world.problems).toEqual([]);
  });

  test('waits while a blob is in use, and keeps it when a new job refers to it', async () => {
    const gone = await world.job('one', 'scene', 'frame one');
    world.remove('one', gone);
    for (let round = 0; round < 5; round += 1) {
      await world.time.advance(50_000);
      await world.blobs.put(Buffer.from('scene'));
    }
    const held = (digest: Digest): Promise<boolean> => world.disk.has(digest);
    const { digest } = await world.blobs.put(Buffer.from('scene'));
    expect(await held(digest)).toBe(true);
    await world.job('two', 'scene', 'frame two');
    await world.time.advance(10 * hour);
    expect(await held(digest)).toBe(true);
    expect(await world.count()).toBe(3);
  });

  test('keeps what was used after the removal of the job that referred to it, however long its new job takes to come', async () => {
    world.remove('one', await world.job('one', 'scene', 'frame one'));
    await world.time.advance(1_000);
    const { digest } = await world.blobs.put(Buffer.from('scene'));
    await world.time.advance(10 * hour);
    expect(await world.disk.has(digest)).toBe(true);
    expect(await world.count()).toBe(1);
  });

  test('keeps what a submission under way has, though a job with it is removed meanwhile', async () => {
    const gone = await world.job('one', 'scene', 'frame one');
    const { digest } = await world.blobs.put(Buffer.from('scene'));
    const pins = world.recentUse.pins();
    pins.add(digest);
    await world.time.advance(120_000);
    world.remove('one', gone);
    await world.time.advance(10 * hour);
    expect(await world.disk.has(digest)).toBe(true);
    pins.end();
    await world.time.advance(40 * hour);
    expect(await world.count()).toBe(0);
  });

  test('counts the day of garbage anew from its last use', async () => {
    await world.blobs.put(Buffer.from('given up'));
    await world.time.advance(23 * hour);
    await world.blobs.put(Buffer.from('given up'));
    await world.time.advance(20 * hour);
    expect(await world.count()).toBe(1);
  });

  test('looks again when a job comes while it looks what jobs refer to', async () => {
    const gone = await world.job('one', 'scene', 'frame one');
    await world.job('two', 'another scene', 'frame two');
    await world.time.advance(hour);
    world.remove('one', gone);
    await world.time.advance(1_000);
    let come = false;
    world.beforeRead = async () => {
      if (come) return;
      come = true;
      // It comes from a peer: nobody here has used its bytes, and the look has begun without it.
      const facts = gone.map((fact): Fact => ({ ...fact, job: 'three' }));
      const state = emptyJobState('three');
      for (const fact of facts) foldInto(state, fact);
      world.jobs.set('three', state);
      for (const fact of facts) world.learning(fact, state);
    };
    await world.time.advance(300_000);
    expect(come).toBe(true);
    expect(await world.count()).toBe(6);
  });

  test('takes what nobody refers to for garbage after a day', async () => {
    await world.job('one', 'scene', 'frame one');
    await world.blobs.put(Buffer.from('given up'));
    await world.time.advance(20 * hour);
    expect(await world.count()).toBe(4);
    await world.time.advance(20 * hour);
    expect(await world.count()).toBe(3);
  });

  test('frees nothing while the files of a job cannot be known', async () => {
    const gone = await world.job('one', 'scene', 'frame one');
    const [submitted] = await world.job('two', 'other scene', 'frame two');
    await world.blobs.put(Buffer.from('given up'));
    await world.disk.remove((submitted as Extract<Fact, { type: 'submitted' }>).record.inputs.tree);
    world.remove('one', gone);
    await world.time.advance(60 * hour);
    expect(await world.count()).toBe(6);
    expect(world.problems).toMatchObject([{ code: 'file-missing', message: expect.stringContaining('two') }]);
  });

  test('is not kept by the lost list of files of a job that has ended', async () => {
    const gone = await world.job('one', 'scene', 'frame one');
    const [submitted] = await world.job('two', 'other scene', 'frame two');
    const term = { number: 1, node: 'a' };
    const ended = { type: 'ended', job: 'two', at: 0, generation: 1, outcome: 'succeeded', term, kept: 1, failed: [] } as const;
    foldInto(world.jobs.get('two') as MutableJobState, ended);
    await world.disk.remove((submitted as Extract<Fact, { type: 'submitted' }>).record.inputs.tree);
    await world.time.advance(hour);
    world.remove('one', gone);
    await world.time.advance(200_000);
    expect(await world.count()).toBe(2);
    expect(world.problems).toEqual([]);
  });
});

describe('what removed jobs referred to', () => {
  /** Three blobs that are doomed on the disk that is given back, and that could not be freed in that life. */
  async function stoppedInTime(meanwhile: (world: CollectionWorld) => Promise<unknown> = async () => undefined): Promise<CollectionWorld> {
    const world = new CollectionWorld();
    await world.collection.start();
    const gone = await world.job('one', 'scene', 'frame one');
    world.gaps = { ...world.gaps, isBehind: true };
    world.remove('one', gone);
    await world.time.advance(hour);
    await meanwhile(world);
    await world.collection.stop();
    expect(await world.count()).toBe(3);
    return world;
  }

  test('is freed in the next life, which has no facts of them any more', async () => {
    const next = new CollectionWorld((await stoppedInTime()).disk);
    await next.blobs.put(Buffer.from('given up'));
    await next.collection.start();
    await next.time.advance(3 * hour);
    expect(await next.count()).toBe(1);
    expect(await next.disk.doomed()).toEqual([]);
    await next.collection.stop();
  });

  test.each([
    ['in the life of the removal', async (world: CollectionWorld) => world.blobs.put(Buffer.from('scene')), async () => undefined],
    ['before the collection starts', async () => undefined, async (world: CollectionWorld) => world.blobs.put(Buffer.from('scene'))],
  ])('is kept in the next life as garbage is when it was used %s', async (_when, before, afterwards) => {
    const next = new CollectionWorld((await stoppedInTime(before)).disk);
    await afterwards(next);
    await next.collection.start();
    await next.time.advance(10 * hour);
    expect(await next.count()).toBe(1);
    await next.time.advance(20 * hour);
    expect(await next.count()).toBe(0);
    await next.collection.stop();
  });

  test('is not taken for remembered while the disk refuses, and freed all the same', async () => {
    const world = new CollectionWorld();
    await world.collection.start();
    const gone = await world.job('one', 'scene', 'frame one');
    await world.time.advance(hour);
    world.disk.saveDoomed = async () => {
      throw new Error('EIO');
    };
    await expect(world.collecting(gone)).rejects.toThrow('EIO');
    world.jobs.clear();
    await world.time.advance(100_000);
    expect(await world.count()).toBe(0);
    await world.collection.stop();
    await expect(world.collecting(gone)).rejects.toThrow('stopped');
  });
});

test('a folder remembers what is doomed, and does not take it for a blob', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'svm-collect-'));
  try {
    const disk = new BlobFolder({ folder });
    await disk.start();
    expect(await disk.doomed()).toEqual([]);
    const doomed = ['a'.repeat(64), 'b'.repeat(64)];
    await disk.saveDoomed(doomed);
    const next = new BlobFolder({ folder });
    await next.start();
    expect(await next.doomed()).toEqual(doomed);
    expect(await new CollectionWorld(next).count()).toBe(0);
    await next.saveDoomed([]);
    expect(await next.doomed()).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a folder tells since when it holds a blob', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'svm-collect-'));
  try {
    const disk = new BlobFolder({ folder });
    await disk.start();
    const world = new CollectionWorld(disk);
    const before = Date.now();
    const { digest } = await world.blobs.put(Buffer.from('one'));
    expect(Math.abs(((await disk.heldSince(digest)) ?? 0) - before)).toBeLessThan(60_000);
    await disk.remove(digest);
    expect(await disk.heldSince(digest)).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a folder lists and removes its blobs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'svm-collect-'));
  try {
    const disk = new BlobFolder({ folder });
    await disk.start();
    const world = new CollectionWorld(disk);
    const { digest } = await world.blobs.put(Buffer.from('one'));
    await world.blobs.put(Buffer.from('two'));
    expect(await world.count()).toBe(2);
    await disk.remove(digest);
    await disk.remove(digest);
    expect(await disk.has(digest)).toBe(false);
    expect(await world.count()).toBe(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
