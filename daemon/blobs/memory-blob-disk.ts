/**
 * A disk in memory for the simulation and tests. As in a folder of files a commit has two steps, the bytes synced and then
 * the name; a crash before the first leaves nothing, between the two it leaves the whole blob or nothing.
 */
import { SupervmError } from '../../src/model/errors.ts';
import type { Digest } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { Blob, BlobDisk } from './blobs.ts';
import { BlobCheck } from './digest.ts';

type Incoming = Awaited<ReturnType<BlobDisk['create']>>;

export class MemoryBlobDisk implements BlobDisk {
  readonly #durable = new Map<Digest, Uint8Array>();
  readonly #heldSince = new Map<Digest, number>();
  /** Bytes synced, name not: after a crash they are there or not. */
  readonly #named = new Map<Digest, Uint8Array>();
  #doomed: readonly Digest[] = [];
  readonly #clock: Clock | undefined;
  readonly #syncMs: number;
  #life = 0;
  /** While true every fsync fails, and commits with it. */
  failing = false;
  /** While true nothing can be written. */
  full = false;

  /** With a clock, each of the two syncs of a commit takes `syncMs` of its time; without one a commit is immediate. */
  constructor(options: { readonly syncMs?: number } = {}, needs: { readonly clock?: Clock } = {}) {
    this.#syncMs = options.syncMs ?? 1;
    this.#clock = needs.clock;
  }

  async has(digest: Digest): Promise<boolean> {
    return this.#durable.has(digest);
  }

  async read(digest: Digest, offset: number, length: number): Promise<Uint8Array | undefined> {
    return this.#durable.get(digest)?.slice(offset, offset + length);
  }

  async create(expected: Blob): Promise<Incoming> {
    const life = this.#life;
    const check = new BlobCheck(expected);
    let pieces: Uint8Array[] = [];
    return {
      write: async (bytes) => {
        if (this.full) throw new SupervmError('disk-full', 'no room left for blobs');
        check.add(bytes);
        pieces.push(bytes.slice());
      },
      commit: async () => {
        check.finish();
        await this.#sync();
        if (life !== this.#life) return;
        const bytes = Buffer.concat(pieces);
        this.#named.set(expected.digest, bytes);
        this.#heldSince.set(expected.digest, this.#clock?.wall() ?? 0);
        await this.#sync();
        if (life !== this.#life) return;
        this.#named.delete(expected.digest);
        this.#durable.set(expected.digest, bytes);
      },
      discard: async () => {
        pieces = [];
      },
    };
  }

  async remove(digest: Digest): Promise<void> {
    this.#durable.delete(digest);
  }

  async heldSince(digest: Digest): Promise<number | undefined> {
    return this.#durable.has(digest) ? (this.#heldSince.get(digest) ?? 0) : undefined;
  }

  async *list(): AsyncGenerator<Digest> {
    yield* [...this.#durable.keys()];
  }

  async doomed(): Promise<readonly Digest[]> {
    return this.#doomed;
  }

  async saveDoomed(digests: readonly Digest[]): Promise<void> {
    if (this.full) throw new SupervmError('disk-full', 'no room left for blobs');
    if (this.failing) throw new Error('EIO: i/o error, fsync');
    this.#doomed = [...digests];
  }

  /** The machine lost power. Of a blob that has its name but no synced folder `survives` decides; what was asked before keeps nothing more. */
  crash(survives: (digest: Digest) => boolean = () => false): void {
    this.#life += 1;
    for (const [digest, bytes] of this.#named) if (!this.#durable.has(digest) && survives(digest)) this.#durable.set(digest, bytes);
    this.#named.clear();
  }

  /** The disk lost one blob. */
  lose(digest: Digest): void {
    this.#durable.delete(digest);
  }

  digests(): readonly Digest[] {
    return [...this.#durable.keys()];
  }

  isDurable(digest: Digest): boolean {
    return this.#durable.has(digest);
  }

  /** What is on it, for a backup. */
  snapshot(): ReadonlyMap<Digest, Uint8Array> {
    return new Map(this.#durable);
  }

  /** After a crash: holds what the backup holds and nothing else. */
  restore(backup: ReadonlyMap<Digest, Uint8Array>): void {
    this.#durable.clear();
    this.#doomed = [];
    for (const [digest, bytes] of backup) this.#durable.set(digest, bytes);
  }

  async #sync(): Promise<void> {
    const clock = this.#clock;
    if (clock !== undefined && this.#syncMs > 0) await new Promise<void>((resolve) => void clock.after(this.#syncMs, resolve));
    if (this.failing) throw new Error('EIO: i/o error, fsync');
  }
}
