import { beforeEach, describe, expect, test } from 'vitest';
import { BlobTransfer } from '../../../daemon/blobs/blob-transfer.ts';
import { MemoryBlobDisk } from '../../../daemon/blobs/memory-blob-disk.ts';
import { decodeTree, encodeTree } from '../../../daemon/blobs/tree.ts';
import { CopiesClient } from '../../../daemon/upkeep/copies.ts';
import { Upkeep } from '../../../daemon/upkeep/upkeep.ts';
import { withLoopback } from '../../../daemon/wire/loopback.ts';
import type { ResultKept } from '../../../src/model/facts.ts';
import type { JobId, JobRecord, NodeId, Term } from '../../../src/model/job.ts';
import { record, step } from '../../support/fact-arbitraries.ts';
import { FixedMembership } from '../../support/fixed-membership.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { LinkedMessengers } from '../blobs/linked-messengers.ts';

const term: Term = { number: 1, node: 'a' };
const nodes: readonly NodeId[] = ['a', 'b', 'c', 'd'];

/** Node `a` coordinates; `a` to `d` have disks. */
class UpkeepWorld {
  readonly clock = new VirtualClock();
  readonly links = new LinkedMessengers();
  readonly disks = new Map<NodeId, MemoryBlobDisk>();
  readonly traffic = new Map<NodeId, BlobTransfer>();
  readonly membership = new FixedMembership('a', nodes);
  readonly journal = new MemoryJournal();
  readonly copies: CopiesClient;
  readonly upkeep: Upkeep;
  isQuorate = true;

  constructor() {
    const standing = () => ({ quorate: this.isQuorate, reachable: this.isQuorate ? 3 : 1, voters: 3 });
    const leadership = { current: () => term, isMine: () => true, onChange: () => undefined, quorate: () => this.isQuorate, standing };
    const messenger = withLoopback(this.links.join('a'));
    for (const id of nodes) {
      const disk = new MemoryBlobDisk();
      this.disks.set(id, disk);
      this.traffic.set(id, new BlobTransfer({}, { messenger: id === 'a' ? messenger : this.links.join(id), clock: this.clock, disk }));
    }
    const parts = { messenger, leadership, clock: this.clock };
    this.upkeep = new Upkeep({}, { ...parts, membership: this.membership, journal: this.journal, blobs: this.on('a'), decodeTree });
    this.copies = new CopiesClient(parts);
  }

  on(node: NodeId): BlobTransfer {
    return this.traffic.get(node) as BlobTransfer;
  }

  /** A job whose one input file is on `holders` only. */
  async submit(holders: readonly NodeId[], changes: Partial<JobRecord> = {}): Promise<JobId> {
    let tree = '';
    for (const node of holders) {
      const file = await this.on(node).put(Buffer.from('a scene'));
      ({ digest: tree } = await this.on(node).put(encodeTree([{ path: 'scene.blend', digest: file.digest, size: file.size, mode: 0o644 }])));
    }
    return this.journal.submit(record([step('draw', 2)], { inputs: { tree, files: 1, bytes: 7 }, submitter: 'b', ...changes }));
  }

  async keep(job: JobId, index: number, holders: readonly NodeId[]): Promise<ResultKept> {
    const bytes = Buffer.from(`frame ${index} of ${job}`);
    let output = { path: `${index}.png`, digest: '', size: 0 };
    for (const node of holders) output = { ...output, ...(await this.on(node).put(bytes)) };
    const fact: ResultKept = {
      type: 'result-kept',
      job,
      at: 0,
      attempt: { term, job, generation: 1, step: 'draw', index, attempt: 1, node: holders[0] ?? 'c' },
      term,
      outputs: [output],
      report: { process: 1, startedAt: 0, seconds: 1, warnings: [] },
      holders: holders.map((node) => ({ node, host: `host-${node}` })),
    };
    this.journal.learn(fact);
    return fact;
  }

  async holders(digest: string): Promise<readonly NodeId[]> {
    return (await this.on('a').locate([digest])).held.get(digest) ?? [];
  }

  /** The node is out of reach. */
  lose(node: NodeId): void {
    this.links.down.add(node);
    this.membership.change(node, {}, 'unreachable');
  }

  findAgain(node: NodeId): void {
    this.links.down.delete(node);
    this.membership.change(node, {}, 'alive');
  }
}

describe('the care for bytes', () => {
  let world: UpkeepWorld;

  beforeEach(() => {
    world = new UpkeepWorld();
  });

  const facts = () => world.journal.appended.flat().map((fact) => fact.type);

  test('brings the inputs of an open job to three machines and tells where they are', async () => {
    const job = await world.submit(['b']);
    await world.upkeep.start();
    await world.clock.advance(3_000);
    const inputs = (await world.copies.latest()).get(job)?.inputs;
    expect(inputs).toHaveLength(3);
    expect(inputs).toContain('host-b');
  });

  test('fills what is missing when machines return', async () => {
    world.lose('c');
    world.lose('d');
    const job = await world.submit(['b']);
    await world.upkeep.start();
    await world.clock.advance(3_000);
    expect((await world.copies.latest()).get(job)?.inputs.toSorted()).toEqual(['host-a', 'host-b']);
    world.findAgain('d');
    await world.clock.advance(3_000);
    expect((await world.copies.latest()).get(job)?.inputs.toSorted()).toEqual(['host-a', 'host-b', 'host-d']);
  });

  test('notices after a while that a machine has lost what it had, and fills that too', async () => {
    const job = await world.submit(['b']);
    const { outputs } = await world.keep(job, 0, ['c', 'd']);
    const digests = [world.journal.job(job)?.record?.inputs.tree ?? '', outputs[0]?.digest ?? ''];
    await world.upkeep.start();
    await world.clock.advance(60_000);
    for (const disk of world.disks.values()) {
      for (const digest of digests) if ((await world.holders(digest)).length > 1) disk.lose(digest);
    }
    expect(await Promise.all(digests.map(async (digest) => (await world.holders(digest)).length))).toEqual([1, 1]);
    await world.clock.advance(1_000_000);
    expect(await Promise.all(digests.map(async (digest) => (await world.holders(digest)).length))).toEqual([3, 2]);
  });

  test('brings a result that is left on one machine to a second one, the submitter if it can', async () => {
    const job = await world.submit(['a', 'b', 'c']);
    const result = await world.keep(job, 0, ['c', 'd']);
    const digest = result.outputs[0]?.digest ?? '';
    world.lose('d');
    await world.upkeep.start();
    await world.clock.advance(3_000);
    expect(await world.holders(digest)).toEqual(['b', 'c']);
    expect((await world.copies.latest()).get(job)).toMatchObject({ results: 2 });
  });

  test('lets a task run again at once when all who had its result are there without it', async () => {
    const job = await world.submit(['a', 'b', 'c']);
    const { outputs } = await world.keep(job, 0, ['c', 'd']);
    for (const node of ['c', 'd']) world.disks.get(node)?.lose(outputs[0]?.digest ?? '');
    await world.upkeep.start();
    await world.clock.advance(3_000);
    expect(facts()).toEqual(['result-lost']);
    expect(world.journal.job(job)?.results.size).toBe(0);
  });

  test('asks those too that it brought a result to, before it is lost at once', async () => {
    const job = await world.submit(['a', 'b', 'd']);
    const { outputs } = await world.keep(job, 0, ['a']);
    const digest = outputs[0]?.digest ?? '';
    world.lose('b');
    await world.upkeep.start();
    await world.clock.advance(3_000);
    expect(await world.holders(digest)).toEqual(['a', 'c']);
    world.lose('c');
    world.disks.get('a')?.lose(digest);
    world.findAgain('b');
    await world.clock.advance(60_000);
    expect(facts()).toEqual([]);
    world.findAgain('c');
    await world.clock.advance(60_000);
    expect(facts()).toEqual([]);
    expect(await world.holders(digest)).toHaveLength(2);
  });

  test('waits a while for machines that may come back with a result, then lets the task run again', async () => {
    const job = await world.submit(['a', 'b']);
    await world.keep(job, 0, ['c', 'd']);
    world.lose('c');
    world.lose('d');
    await world.upkeep.start();
    await world.clock.advance(500_000);
    expect(facts()).toEqual([]);
    await world.clock.advance(200_000);
    expect(facts()).toEqual(['result-lost']);
  });

  test('takes a result for safe when one who has it comes back in time', async () => {
    const job = await world.submit(['a', 'b']);
    await world.keep(job, 0, ['c', 'd']);
    world.lose('c');
    world.lose('d');
    await world.upkeep.start();
    await world.clock.advance(500_000);
    world.findAgain('d');
    await world.clock.advance(2_000_000);
    expect(facts()).toEqual([]);
    expect((await world.copies.latest()).get(job)).toMatchObject({ results: 2 });
  });

  test('gives up nothing while it is cut off from the voters, however long, and counts anew when they are back', async () => {
    const job = await world.submit(['a', 'b']);
    await world.keep(job, 0, ['c', 'd']);
    world.isQuorate = false;
    for (const node of ['b', 'c', 'd']) world.lose(node);
    await world.upkeep.start();
    await world.clock.advance(3_000_000);
    expect(facts()).toEqual([]);
    world.isQuorate = true;
    await world.clock.advance(500_000);
    expect(facts()).toEqual([]);
    await world.clock.advance(200_000);
    expect(facts()).toEqual(['result-lost']);
  });

  test('opens a job again that had succeeded, unless its files are in the output folder', async () => {
    const ended = { at: 0, type: 'ended', generation: 1, outcome: 'succeeded', term, kept: 2, failed: [] } as const;
    const ids: JobId[] = [];
    for (const key of ['safe', 'lost']) {
      const job = await world.submit(['a', 'b', 'c'], { key });
      ids.push(job);
      for (const index of [0, 1]) {
        const { outputs } = await world.keep(job, index, ['c']);
        if (index === 1) world.disks.get('c')?.lose(outputs[0]?.digest ?? '');
      }
      world.journal.learn({ ...ended, job });
      if (key === 'safe') world.journal.learn({ type: 'delivered', job, at: 0, generation: 1 });
    }
    await world.upkeep.start();
    await world.clock.advance(3_000);
    expect(facts()).toEqual(['result-lost', 'retried']);
    expect(world.journal.job(ids[1] as JobId)).toMatchObject({ generation: 2 });
  });

  test('says of a job that has ended where its results are, until they are in the output folder', async () => {
    const open = await world.submit(['a', 'b', 'c'], { key: 'open' });
    const job = await world.submit(['a'], { key: 'ended' });
    await world.keep(job, 0, ['c']);
    for (const node of ['b', 'd']) world.lose(node);
    world.journal.learn({ at: 0, type: 'ended', generation: 1, outcome: 'cancelled', term, kept: 1, failed: [], job });
    await world.upkeep.start();
    await world.clock.advance(3_000);
    const known = await world.copies.latest();
    expect(known.get(job)).toEqual({ job, inputs: [], results: 2 });
    expect([...known.keys()]).toEqual([open, job]);
    world.journal.learn({ type: 'delivered', job, at: 0, generation: 1 });
    await world.clock.advance(3_000);
    expect([...(await world.copies.latest()).keys()]).toEqual([open]);
  });

  test('gives up no result of a step that must not run twice', async () => {
    const job = await world.submit(['a', 'b', 'c'], { steps: [{ ...step('draw', 2), ...{ onceOnly: true as const } }] });
    const { outputs } = await world.keep(job, 0, ['c']);
    world.disks.get('c')?.lose(outputs[0]?.digest ?? '');
    await world.upkeep.start();
    await world.clock.advance(2_000_000);
    expect(facts()).toEqual([]);
  });
});
