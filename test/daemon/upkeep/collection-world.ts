/** One node's blobs and the jobs it knows, whose collection runs on virtual time. */
import { BlobTransfer } from '../../../daemon/blobs/blob-transfer.ts';
import type { BlobDisk } from '../../../daemon/blobs/blobs.ts';
import { MemoryBlobDisk } from '../../../daemon/blobs/memory-blob-disk.ts';
import { RecentUse } from '../../../daemon/blobs/recent-use.ts';
import { decodeTree, encodeTree } from '../../../daemon/blobs/tree.ts';
import type { Clock } from '../../../daemon/clock.ts';
import type { RecordsGaps } from '../../../daemon/records/journal.ts';
import { BlobCollection } from '../../../daemon/upkeep/blob-collection.ts';
import type { Fact, ResultKept } from '../../../src/model/facts.ts';
import { emptyJobState, foldInto, type MutableJobState } from '../../../src/model/fold.ts';
import type { JobState } from '../../../src/model/job-state.ts';
import { record, step } from '../../support/fact-arbitraries.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { LinkedMessengers } from '../blobs/linked-messengers.ts';

/** Milliseconds. */
export const hour = 3_600_000;

export class CollectionWorld {
  /** How far the wall clock was set. */
  wallError = 0;
  readonly time = new VirtualClock();
  readonly clock: Clock = {
    now: () => this.time.now(),
    wall: () => this.time.wall() + this.wallError,
    after: (milliseconds, run) => this.time.after(milliseconds, run),
    every: (milliseconds, run) => this.time.every(milliseconds, run),
  };
  readonly recentUse = new RecentUse({ clock: this.clock });
  readonly disk: BlobDisk;
  readonly blobs: BlobTransfer;
  readonly jobs = new Map<string, MutableJobState>();
  readonly collection: BlobCollection;
  readonly problems: unknown[] = [];
  gaps: RecordsGaps = { isBehind: false, quietSince: 0 };
  collecting: (facts: readonly Fact[]) => Promise<void> = async () => undefined;
  learning: (fact: Fact, state: JobState) => void = () => undefined;
  /** Before the tree of a job is read. */
  beforeRead: () => Promise<void> = async () => undefined;

  constructor(disk?: BlobDisk) {
    const { clock, recentUse } = this;
    this.disk = disk ?? new MemoryBlobDisk({ syncMs: 0 }, { clock });
    this.blobs = new BlobTransfer({}, { messenger: new LinkedMessengers().join('a'), clock, disk: this.disk, recentUse });
    this.collection = new BlobCollection(
      {},
      {
        journal: {
          jobs: () => this.jobs,
          gaps: () => this.gaps,
          onCollect: (listener) => {
            this.collecting = listener;
          },
          onFact: (listener) => {
            this.learning = listener;
          },
        },
        ...{ disk: this.disk, recentUse, clock },
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
    void this.collecting(facts);
  }

  async count(): Promise<number> {
    let count = 0;
    for await (const _digest of this.disk.list()) count += 1;
    return count;
  }
}
