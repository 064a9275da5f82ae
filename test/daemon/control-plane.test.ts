import { describe, expect, test } from 'vitest';
import type { Blob } from '../../daemon/blobs/blobs.ts';
import { MemoryBlobDisk } from '../../daemon/blobs/memory-blob-disk.ts';
import { type ControlPlane, createControlPlane } from '../../daemon/control-plane.ts';
import { createMemoryNetwork } from '../../daemon/network/memory-network.ts';
import type { MemoryNode } from '../../daemon/network/memory-node.ts';
import { emptyDisk, MemoryStore } from '../../daemon/records/memory-store.ts';
import { submitRecord } from '../../daemon/submission/submit-record.ts';
import type { JobId, JobRecord } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { inventoryOf } from '../support/inventories.ts';
import { recordOf, stepWith } from '../support/jobs.ts';
import { seededRandomness } from '../support/seeded-randomness.ts';
import { TimedRunner, type TimedRunnerOptions } from '../support/timed-runner.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

interface Node {
  readonly id: string;
  readonly plane: ControlPlane;
  readonly network: MemoryNode;
  readonly runner: () => TimedRunner;
}

class Cluster {
  readonly clock = new VirtualClock();
  readonly randomness = seededRandomness(7);
  readonly network = createMemoryNetwork({ clock: this.clock, randomness: this.randomness });
  readonly nodes = new Map<string, Node>();
  /** So many of the next files that tasks make are gone from the disk as soon as they are on it. */
  losses = 0;

  /** `founder`: the first voter. */
  static async start(ids: readonly string[], options: TimedRunnerOptions, founder?: string): Promise<Cluster> {
    const cluster = new Cluster();
    for (const id of ids) cluster.#add(id, options, id === founder ? 'now' : undefined);
    const starts = cluster.all().map(async ({ network, plane }) => {
      await network.start();
      await plane.start();
    });
    await cluster.clock.advance(100);
    await Promise.all(starts);
    await cluster.clock.runUntil(() => cluster.coordinator() !== undefined, 10_000);
    return cluster;
  }

  all(): readonly Node[] {
    return [...this.nodes.values()];
  }

  node(id: string): Node {
    return this.nodes.get(id) as Node;
  }

  /** The node that all agree on. */
  coordinator(): Node | undefined {
    const terms = new Set(this.all().map(({ plane }) => plane.leadership.current()?.node));
    const [only] = terms;
    return terms.size === 1 && only !== undefined ? this.nodes.get(only) : undefined;
  }

  kill(id: string): void {
    this.network.crash(id);
    this.nodes.delete(id);
  }

  async submit(id: string, record: JobRecord): Promise<JobId> {
    const submission = submitRecord({ record, inputs: [] }, this.node(id).plane.submission);
    await this.clock.advance(200);
    return (await submission).id;
  }

  state(job: JobId): JobState | undefined {
    return this.all()[0]?.plane.journal.job(job);
  }

  async outcome(job: JobId): Promise<string | undefined> {
    const ended = () => this.all().map(({ plane }) => plane.journal.job(job)?.ended.get(1)?.outcome);
    await this.clock.runUntil(() => ended().every((outcome) => outcome !== undefined), 300_000);
    return ended()[0];
  }

  #add(id: string, options: TimedRunnerOptions, founding: 'now' | undefined): void {
    const { clock, randomness } = this;
    const network = this.network.join(id);
    const store = new MemoryStore({ disk: emptyDisk(), fsyncMs: 2 }, { clock, randomness });
    const blobDisk = new MemoryBlobDisk();
    let runner: TimedRunner | undefined;
    const node = { id, name: id, host: `host-${id}`, version: '0.1.0', incarnation: 1, addresses: [], paused: false, inventory: inventoryOf() };
    const plane = createControlPlane(
      { node, founding },
      {
        network,
        clock,
        store,
        blobDisk,
        makeTaskRunner: ({ blobs }) => {
          const put = async (bytes: Uint8Array): Promise<Blob> => {
            const blob = await blobs.put(bytes);
            if (this.losses-- > 0) blobDisk.lose(blob.digest);
            return blob;
          };
          runner = new TimedRunner(options, { clock, blobs: { put } });
          return runner;
        },
      },
    );
    this.nodes.set(id, { id, plane, network, runner: () => runner as TimedRunner });
  }
}

const three = ['a', 'b', 'c'];

describe('three nodes', () => {
  test('find each other, elect one coordinator and finish a job, with every result on two machines', async () => {
    const cluster = await Cluster.start(three, { taskMs: 1000 });
    expect(cluster.coordinator()).toBeDefined();
    const job = await cluster.submit('b', recordOf({ submitter: 'b', steps: [stepWith(20)] }));
    expect(await cluster.outcome(job)).toBe('succeeded');
    const results = [...(cluster.state(job)?.results.values() ?? [])];
    expect(results).toHaveLength(20);
    for (const result of results) {
      expect(new Set(result.holders.map((holder) => holder.host)).size).toBeGreaterThanOrEqual(2);
      expect(result.holders.map((holder) => holder.node)).toContain('b');
      for (const { node } of result.holders) expect(await cluster.node(node).plane.blobs.has(result.outputs[0]?.digest ?? '')).toBe(true);
    }
    for (const id of three) expect(cluster.node(id).runner().started.length).toBeGreaterThanOrEqual(6);
  });

  test('lose their coordinator half way: what runs on the others goes on, and the job is done', async () => {
    const cluster = await Cluster.start(three, { taskMs: 3000 });
    const submitter = three.find((id) => id !== cluster.coordinator()?.id) as string;
    const job = await cluster.submit(submitter, recordOf({ submitter, steps: [stepWith(12)] }));
    await cluster.clock.runUntil(() => (cluster.state(job)?.results.size ?? 0) >= 4, 60_000);
    cluster.kill(cluster.coordinator()?.id as string);
    expect(await cluster.outcome(job)).toBe('succeeded');
    expect(cluster.state(job)?.results.size).toBe(12);
    for (const { runner } of cluster.all()) {
      expect(runner().aborted).toEqual([]);
      const started = runner().started.map((attempt) => attempt.index);
      expect(new Set(started).size).toBe(started.length);
    }
  });

  test('acknowledge a job with the machines that have it, and the same job again as itself', async () => {
    const cluster = await Cluster.start(three, { taskMs: 60_000 });
    const record = recordOf({ submitter: 'a' });
    const submissions = [record, { ...record, submittedAt: 5 }].map(async (one) =>
      submitRecord({ record: one, inputs: [] }, cluster.node('a').plane.submission),
    );
    await cluster.clock.advance(500);
    const first = await submissions[0];
    expect(first).toMatchObject({ copies: expect.arrayContaining(['host-a', 'host-b', 'host-c']), wanted: 3, existed: false });
    const again = submitRecord({ record: { ...record, submittedAt: 9 }, inputs: [] }, cluster.node('a').plane.submission);
    await cluster.clock.advance(500);
    expect(await again).toMatchObject({ id: first?.id, existed: true });
    const other = submitRecord({ record: { ...record, name: 'another' }, inputs: [] }, cluster.node('a').plane.submission);
    await expect(other).rejects.toMatchObject({ code: 'key-reused' });
  });

  test('whose coordinator is cut off: another one places tasks within three seconds, and waits neither for its records nor for its word', async () => {
    const cluster = await Cluster.start(three, { taskMs: 500 }, 'a');
    await cluster.clock.advance(15_000);
    const lost = cluster.coordinator()?.id as string;
    const others = three.filter((id) => id !== lost);
    expect(cluster.node(lost).plane.leadership.voters()?.voters).toHaveLength(3);
    const job = await cluster.submit(others[0] as string, recordOf({ submitter: others[0] as string, steps: [stepWith(400)] }));
    await cluster.clock.runUntil(() => (cluster.state(job)?.results.size ?? 0) >= 4, 60_000);
    cluster.network.partition([[lost], others]);
    const cutAt = cluster.clock.now();
    const next = (): boolean =>
      others.some((id) =>
        cluster
          .node(id)
          .runner()
          .started.some(({ term }) => term.node !== lost),
      );
    await cluster.clock.runUntil(next, 20_000);
    expect(cluster.clock.now() - cutAt).toBeLessThan(2_500);
    // ... and what comes after: no result waits for a copy on the lost machine.
    const kept = (): number => cluster.node(others[1] as string).plane.journal.job(job)?.results.size ?? 0;
    const before = kept();
    await cluster.clock.advance(1_500);
    expect(kept() - before).toBeGreaterThan(4);
  });

  test('all learn that an outcome is settled once most of the voters have it, and never of one of a degraded term', async () => {
    for (const founder of ['a', undefined]) {
      const cluster = await Cluster.start(three, { taskMs: 500 }, founder);
      await cluster.clock.advance(15_000);
      const job = await cluster.submit('b', recordOf({ submitter: 'b' }));
      expect(await cluster.outcome(job)).toBe('succeeded');
      await cluster.clock.advance(1_000);
      const settled = cluster.all().map(({ plane }) => {
        const ended = plane.journal.job(job)?.ended.get(1);
        return ended === undefined ? undefined : plane.outcomes.isSettled(ended);
      });
      expect(settled).toEqual(three.map(() => founder !== undefined));
    }
  });

  test('who stops on purpose is replaced at once', async () => {
    const cluster = await Cluster.start(three, { taskMs: 2000 });
    const leaver = three.find((id) => id !== cluster.coordinator()?.id && id !== 'a') as string;
    const job = await cluster.submit('a', recordOf({ submitter: 'a', steps: [stepWith(6)] }));
    await cluster.clock.advance(500);
    const { plane, network } = cluster.node(leaver);
    const stopped = plane.stop().then(() => network.stop());
    await cluster.clock.advance(2000);
    await stopped;
    cluster.nodes.delete(leaver);
    expect(await cluster.outcome(job)).toBe('succeeded');
  });
});

test('one node alone does a job by itself', async () => {
  const cluster = await Cluster.start(['a'], { taskMs: 100 });
  const job = await cluster.submit('a', recordOf({ steps: [stepWith(5)] }));
  expect(await cluster.outcome(job)).toBe('succeeded');
});

describe('a task whose files are gone before anybody else has them', () => {
  test.each([1, 3])('is done again, its machine among %i: nobody waits for what cannot come', async (machines) => {
    const cluster = await Cluster.start(three.slice(0, machines), { taskMs: 100 });
    cluster.losses = 2;
    const job = await cluster.submit('a', recordOf({ steps: [stepWith(4)] }));
    expect(await cluster.outcome(job)).toBe('succeeded');
    const state = cluster.state(job);
    expect([...(state?.failures.values() ?? [])].map(({ failure }) => failure.code)).toEqual(['output-lost', 'output-lost']);
    for (const { holders, outputs } of state?.results.values() ?? []) {
      for (const { node } of holders) expect(await cluster.node(node).plane.blobs.has(outputs[0]?.digest ?? '')).toBe(true);
    }
  });

  test('is not done again by itself where it must not run twice: it is named as failed, and a retry does it', async () => {
    const cluster = await Cluster.start(three, { taskMs: 100 }, 'a');
    cluster.losses = 1;
    const job = await cluster.submit('a', recordOf({ steps: [stepWith(2, { onceOnly: true })] }));
    expect(await cluster.outcome(job)).toBe('partly-failed');
    const started = (): readonly number[] => cluster.all().flatMap(({ runner }) => runner().started.map(({ index }) => index));
    expect(started().toSorted()).toEqual([0, 1]);
    const [lost] = [...(cluster.state(job)?.failures.values() ?? [])];
    expect(lost?.failure).toMatchObject({ code: 'output-lost', retry: false, message: expect.stringContaining('supervm retry') });
    expect(cluster.state(job)?.ended.get(1)?.failed).toEqual([{ step: 'render', index: lost?.attempt.index }]);
    void cluster.node('a').plane.journal.append([{ type: 'retried', job, at: 0, generation: 2 }]);
    await cluster.clock.runUntil(() => cluster.state(job)?.ended.get(2)?.outcome === 'succeeded', 300_000);
    expect(started().toSorted()).toEqual([0, 1, lost?.attempt.index].toSorted());
  });
});

test('a paused job whose tasks run keeps the term quorate without a break, so that their leases are renewed', async () => {
  const cluster = await Cluster.start(['a'], { taskMs: 60_000 }, 'a');
  const job = await cluster.submit('a', recordOf({ steps: [stepWith(1)] }));
  const { journal, leadership } = cluster.node('a').plane;
  const paused = journal.append([{ type: 'pause-set', job, at: 0, paused: true, clock: journal.nextClock(), node: 'a' }]);
  await cluster.clock.advance(100);
  await paused;
  await cluster.clock.advance(5_000);
  for (let second = 0; second < 15; second += 1) {
    await cluster.clock.advance(1_000);
    expect(leadership.quorate()).toBe(true);
  }
  expect(cluster.node('a').runner().started).toHaveLength(1);
});
