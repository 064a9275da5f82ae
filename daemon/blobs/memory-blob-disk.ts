/** A disk in memory for the simulation and tests: a blob is durable only once its commit has resolved, and `crash` forgets the rest. */
import type { Digest } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { Blob, BlobDisk } from './blobs.ts';
import { BlobCheck } from './digest.ts';

type Incoming = Awaited<ReturnType<BlobDisk['create']>>;

export class MemoryBlobDisk implements BlobDisk {
  readonly #durable = new Map<Digest, Uint8Array>();
  readonly #clock: Clock | undefined;
  readonly #syncMs: number;
  #life = 0;

  /** With a clock, a commit takes `syncMs` of its time; without one it is immediate. */
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
        check.add(bytes);
        pieces.push(bytes.slice());
      },
      commit: async () => {
        check.finish();
        await this.#sync();
        if (life === this.#life) this.#durable.set(expected.digest, Buffer.concat(pieces));
      },
      discard: async () => {
        pieces = [];
      },
    };
  }

  async remove(digest: Digest): Promise<void> {
    this.#durable.delete(digest);
  }

  async *list(): AsyncGenerator<Digest> {
    yield* [...this.#durable.keys()];
  }

  /** The machine lost power: what was being written is gone, and commits under way keep nothing. */
  crash(): void {
    this.#life += 1;
  }

  /** The disk lost one blob. */
  lose(digest: Digest): void {
    this.#durable.delete(digest);
  }

  digests(): readonly Digest[] {
    return [...this.#durable.keys()];
  }

  async #sync(): Promise<void> {
    const clock = this.#clock;
    if (clock !== undefined) await new Promise<void>((resolve) => void clock.after(this.#syncMs, resolve));
  }
}
