/** What removed jobs referred to and still is to be freed. The disk remembers it, for the facts that named it are soon gone. */
import type { Digest } from '../../src/model/job.ts';
import type { BlobDisk } from './needs.ts';

export class Doomed {
  readonly #disk: Pick<BlobDisk, 'doomed' | 'saveDoomed'>;
  readonly #digests = new Set<Digest>();
  /** Spared before it was known what an earlier life had left; undefined afterwards. */
  #early: Set<Digest> | undefined = new Set();
  #reading: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #isSettled = false;

  constructor(needs: { readonly disk: Pick<BlobDisk, 'doomed' | 'saveDoomed'> }) {
    this.#disk = needs.disk;
  }

  get size(): number {
    return this.#digests.size;
  }

  has(digest: Digest): boolean {
    return this.#digests.has(digest);
  }

  all(): readonly Digest[] {
    return [...this.#digests];
  }

  /** Adds what an earlier life left. Rejects when that cannot be read: then the look at the whole store must find it. */
  read(): Promise<void> {
    this.#reading ??= this.#disk
      .doomed()
      .then((left) => {
        for (const digest of left) if (this.#early?.has(digest) !== true) this.#digests.add(digest);
      })
      .finally(() => {
        this.#early = undefined;
      });
    return this.#reading;
  }

  /** Remembered by the disk when resolved. */
  add(digests: readonly Digest[]): Promise<void> {
    for (const digest of digests) this.#digests.add(digest);
    return this.save();
  }

  /** It is freed, or referred to; to be saved together. */
  settle(digest: Digest): void {
    this.#isSettled = this.#digests.delete(digest) || this.#isSettled;
  }

  async saveSettled(): Promise<void> {
    if (this.#isSettled) await this.save();
  }

  /** Somebody uses it. */
  async spare(digest: Digest): Promise<void> {
    this.#early?.add(digest);
    if (this.#digests.delete(digest)) await this.save();
  }

  /** One write at a time, each of all that was said before it began. */
  save(): Promise<void> {
    const write = async (): Promise<void> => {
      await this.read().catch(() => undefined);
      this.#next = undefined;
      this.#isSettled = false;
      this.#writing = this.#disk.saveDoomed(this.all());
      await this.#writing;
    };
    this.#next ??= this.#writing.then(write, write);
    return this.#next;
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#next?.catch(() => undefined);
    await this.#writing.catch(() => undefined);
  }
}
