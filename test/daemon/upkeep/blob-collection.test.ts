import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BlobFolder } from '../../../daemon/blobs/blob-folder.ts';
import { BlobTransfer } from '../../../daemon/blobs/blob-transfer.ts';
import type { BlobDisk } from '../../../daemon/blobs/blobs.ts';
import { MemoryBlobDisk } from '../../../daemon/blobs/memory-blob-disk.ts';
import { RecentUse } from '../../../daemon/blobs/recent-use.ts';
import { decodeTree, encodeTree } from '../../../daemon/blobs/tree.ts';
import { BlobCollection } from '../../../daemon/upkeep/blob-collection.ts';
import type { Fact, ResultKept } from '../../../src/model/facts.ts';
import { emptyJobState, foldInto, type MutableJobState } from '../../../src/model/fold.ts';
import type { Digest } from '../../../src/model/job.ts';
import type { JobState } from '../../../src/model/job-state.ts';
import { record, step } from '../../support/fact-arbitraries.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { LinkedMessengers } from '../blobs/linked-messengers.ts';

const hour = 3_600_000;

class CollectionWorld {
  readonly clock = new VirtualClock();
  readonly recentUse = new RecentUse({ clock: this.clock });
  readonly disk: BlobDisk;
  readonly blobs: BlobTransfer;
  readonly jobs = new Map<string, MutableJobState>();
  readonly collection: BlobCollection;
  readonly problems: unknown[] = [];
  collecting: (facts: readonly Fact[]) => void = () => undefined;
  learning: (fact: Fact, state: JobState) => void = () => undefined;
  /** Before the tree of a job is read. */
  beforeRead: () => Promise<void> = async () => undefined;

  constructor(disk: BlobDisk = new MemoryBlobDisk()) {
    const { clock, recentUse } = this;
    this.disk = disk;
    this.blobs = new BlobTransfer({}, { messenger: new LinkedMessengers().join('a'), clock, disk, recentUse });
    this.collection = new BlobCollection(
      {},
      {
        journal: {
          jobs: () => this.jobs,
          onCollect: (listener) => {
            this.collecting = listener;
          },
          onFact: (listener) => {
            this.learning = listener;
          },
        },
        ...{ disk, recentUse, clock },
        readTree: async (digest, from) => {
          await this.beforeRead();
          return decodeTree(await this.blobs.bytes({ digest }, from)).map((entry) => entry.digest);
        },
        onProblem: (error) => this.problems.push(error),
      },
    );
  }

  /** A job with one input file and one result; what it is made of. */
  async job(id: string, input: string, result: string): Promise<readonly Fact[]> {
    const file = await this.blobs.put(Buffer.from(input));
    const tree = await this.blobs.put(encodeTree([{ path: 'a', digest: file.digest, size: file.size, mode: 0o644 }]));
    const output = await this.blobs.put(Buffer.from(result));
    const submitted: Fact = { type: 'submitted', job: id, at: 0, record: record([step('draw', 3)], { inputs: { tree: tree.digest, files: 1, bytes: 1 } }) };
    const term = { number: 1, node: 'a' };
    const kept: ResultKept = {
      ...{ type: 'result-kept', job: id, at: 0, term },
      attempt: { term, job: id, generation: 1, step: 'draw', index: 0, attempt: 1, node: 'a' },
      outputs: [{ path: '0.png', ...output }],
      report: { process: 1, startedAt: 0, seconds: 1, warnings: [] },
      holders: [],
    };
    const state = emptyJobState(id);
    for (const fact of [submitted, kept]) foldInto(state, fact);
    this.jobs.set(id, state);
    return [submitted, kept];
  }

  remove(id: string, facts: readonly Fact[]): void {
    foldInto(this.jobs.get(id) as MutableJobState, { type: 'removed', job: id, at: 0 });
    this.collecting(facts);
  }

  async count(): Promise<number> {
    let count = 0;
    for await (const _digest of this.disk.list()) count += 1;
    return count;
  }
}

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
    expect(await world.count()).toBe(4);
    world.remove('one', gone);
    await world.clock.advance(200_000);
    expect(await world.count()).toBe(3);
    expect(world.problems).toEqual([]);
  });

  test('waits while a blob is in use, and keeps it when a new job refers to it', async () => {
    const gone = await world.job('one', 'scene', 'frame one');
    world.remove('one', gone);
    for (let round = 0; round < 5; round += 1) {
      await world.clock.advance(50_000);
      await world.blobs.put(Buffer.from('scene'));
    }
    const held = (digest: Digest): Promise<boolean> => world.disk.has(digest);
    const { digest } = await world.blobs.put(Buffer.from('scene'));
    expect(await held(digest)).toBe(true);
    await world.job('two', 'scene', 'frame two');
    await world.clock.advance(10 * hour);
    expect(await held(digest)).toBe(true);
    expect(await world.count()).toBe(3);
  });

  test('keeps what was used after the removal of the job that referred to it, however long its new job takes to come', async () => {
    world.remove('one', await world.job('one', 'scene', 'frame one'));
    await world.clock.advance(1_000);
    const { digest } = await world.blobs.put(Buffer.from('scene'));
    await world.clock.advance(10 * hour);
    expect(await world.disk.has(digest)).toBe(true);
    expect(await world.count()).toBe(1);
  });

  test('keeps what a submission under way has, though a job with it is removed meanwhile', async () => {
    const gone = await world.job('one', 'scene', 'frame one');
    const { digest } = await world.blobs.put(Buffer.from('scene'));
    const pins = world.recentUse.pins();
    pins.add(digest);
    await world.clock.advance(120_000);
    world.remove('one', gone);
    await world.clock.advance(10 * hour);
    expect(await world.disk.has(digest)).toBe(true);
    pins.end();
    await world.clock.advance(40 * hour);
    expect(await world.count()).toBe(0);
  });

  test('counts the day of garbage anew from its last use', async () => {
    await world.blobs.put(Buffer.from('given up'));
    await world.clock.advance(23 * hour);
    await world.blobs.put(Buffer.from('given up'));
    await world.clock.advance(20 * hour);
    expect(await world.count()).toBe(1);
  });

  test('looks again when a job comes while it looks what jobs refer to', async () => {
    const gone = await world.job('one', 'scene', 'frame one');
    await world.job('two', 'another scene', 'frame two');
    world.remove('one', gone);
    await world.clock.advance(1_000);
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
    await world.clock.advance(300_000);
    expect(come).toBe(true);
    expect(await world.count()).toBe(6);
  });

  test('takes what nobody refers to for garbage after a day', async () => {
    await world.job('one', 'scene', 'frame one');
    await world.blobs.put(Buffer.from('given up'));
    await world.clock.advance(20 * hour);
    expect(await world.count()).toBe(4);
    await world.clock.advance(20 * hour);
    expect(await world.count()).toBe(3);
  });

  test('frees nothing while the files of a job cannot be known', async () => {
    const gone = await world.job('one', 'scene', 'frame one');
    const [submitted] = await world.job('two', 'other scene', 'frame two');
    await world.blobs.put(Buffer.from('given up'));
    await world.disk.remove((submitted as Extract<Fact, { type: 'submitted' }>).record.inputs.tree);
    world.remove('one', gone);
    await world.clock.advance(60 * hour);
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
    world.remove('one', gone);
    await world.clock.advance(200_000);
    expect(await world.count()).toBe(2);
    expect(world.problems).toEqual([]);
  });
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
