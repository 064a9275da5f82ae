/** Blobs as files of one folder: as blob-places.ts says when complete and durable, `incoming/…` before; in `doomed` the names of those to be freed. */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import type { Digest } from '../../src/model/job.ts';
import type { Startable } from '../startable.ts';
import { BlobPlaces } from './blob-places.ts';
import type { Blob, BlobDisk, BlobFiles } from './blobs.ts';
import { BlobCheck, isDigest } from './digest.ts';
import { assertRoomFor, diskFault, errorCode } from './disk-faults.ts';
import { makeDurableFolder, readPieces, syncFolder } from './file-pieces.ts';
import { type BlobSeal, DamagedChunk } from './sealed-chunks.ts';
import { Shelves } from './shelves.ts';
import { digestOfStored, type StoredFile, storeInto } from './stored-file.ts';

type Incoming = Awaited<ReturnType<BlobDisk['create']>>;

export class BlobFolder implements BlobDisk, BlobFiles, Startable {
  readonly #folder: string;
  /** Told, and waited for, before a file's bytes become a blob: it may just be removed. */
  readonly #onUse: (digest: Digest) => Promise<void>;
  /** Blobs written or read in whole since the start; what was there before is checked before its first use. */
  readonly #sound = new Map<Digest, { readonly mark: string; readonly sound: Promise<boolean> }>();
  readonly #shelves: Shelves;
  readonly #syncFolder: (folder: string) => Promise<void>;
  readonly #seal: BlobSeal | undefined;
  readonly #places: BlobPlaces;
  #drawn = 0;

  /** One daemon a folder: `start` removes what an earlier one left half-written. `needs` for tests of failing disks. */
  constructor(
    options: { readonly folder: string; readonly seal?: BlobSeal | undefined; onUse?(digest: Digest): Promise<void> },
    needs: { readonly syncFolder?: (folder: string) => Promise<void> } = {},
  ) {
    this.#folder = options.folder;
    this.#seal = options.seal;
    this.#places = new BlobPlaces({ folder: options.folder, seal: options.seal });
    this.#syncFolder = needs.syncFolder ?? syncFolder;
    this.#shelves = new Shelves(options, { syncFolder: this.#syncFolder });
    this.#onUse = async (digest) => options.onUse?.(digest);
  }

  async start(): Promise<void> {
    await rm(join(this.#folder, 'incoming'), { recursive: true, force: true });
    await mkdir(join(this.#folder, 'incoming'), { recursive: true, mode: 0o700 });
  }

  async stop(): Promise<void> {}

  /** Whoever is told that a blob is here counts on it: a name that a power cut could take back is not told of. */
  async has(digest: Digest, size?: number): Promise<boolean> {
    const found = await this.#places.look(digest);
    if (found === undefined) return false;
    if (size !== undefined && found.size !== size && !(await this.#isStillSound(digest))) return false;
    await this.#shelves.settled(dirname(found.path));
    return (await this.#places.look(digest)) !== undefined;
  }

  list(): AsyncIterable<Digest> {
    return this.#places.list();
  }

  async heldSince(digest: Digest): Promise<number | undefined> {
    return (await this.#places.look(digest))?.stats.mtimeMs;
  }

  async remove(digest: Digest): Promise<void> {
    this.#sound.delete(digest);
    await this.#places.remove(digest);
  }

  async doomed(): Promise<readonly Digest[]> {
    try {
      return (await readFile(join(this.#folder, 'doomed'), 'utf8')).split('\n').filter(isDigest);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async saveDoomed(digests: readonly Digest[]): Promise<void> {
    const temporary = this.#temporary();
    try {
      await this.#guard(async () => {
        await using file = await open(temporary, 'wx', 0o600);
        await file.writeFile(digests.map((digest) => `${digest}\n`).join(''));
        await file.sync();
        await rename(temporary, join(this.#folder, 'doomed'));
        await this.#syncFolder(this.#folder);
      });
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** A blob that turns out damaged is removed and not held any more: none of it is ever served. */
  async read(digest: Digest, offset: number, length: number): Promise<Uint8Array | undefined> {
    const file = await this.#places.open(digest);
    if (file === undefined) return undefined;
    await using handle = file;
    if (!(await this.#isSound(digest, handle))) return undefined;
    const bytes = new Uint8Array(length);
    try {
      return bytes.subarray(0, await handle.read(bytes, offset));
    } catch (error) {
      if (!(error instanceof DamagedChunk)) throw error;
      await this.#damaged(digest, await handle.stat());
      return undefined;
    }
  }

  async create(expected: Blob): Promise<Incoming> {
    const temporary = this.#temporary();
    await assertRoomFor(expected.size, this.#folder);
    const file = await this.#guard(() => open(temporary, 'wx', 0o600));
    const check = new BlobCheck(expected);
    let begun: ReturnType<typeof storeInto> | undefined;
    const storing = (): ReturnType<typeof storeInto> => {
      begun ??= storeInto(file, this.#seal);
      return begun;
    };
    const discard = async (): Promise<void> => {
      await file.close();
      await rm(temporary, { force: true });
    };
    const orDiscard = async (work: () => Promise<void>): Promise<void> => {
      try {
        await this.#guard(work);
      } catch (error) {
        await discard();
        throw error;
      }
    };
    return {
      write: (bytes) =>
        orDiscard(async () => {
          check.add(bytes);
          await (await storing()).write(bytes);
        }),
      commit: () =>
        orDiscard(async () => {
          check.finish();
          await (await storing()).finish();
          await file.sync();
          await file.close();
          await this.#publish(temporary, expected.digest);
          await this.#noteSound(expected.digest);
        }),
      discard,
    };
  }

  /** Copies while hashing: the file may belong to somebody who changes or removes it later. */
  async putFile(path: string): Promise<Blob> {
    const temporary = this.#temporary();
    const hash = createHash('sha256');
    let size = 0;
    try {
      await using source = await open(path, 'r');
      await assertRoomFor((await source.stat()).size, this.#folder);
      await using target = await this.#guard(() => open(temporary, 'wx', 0o600));
      await this.#guard(async () => {
        const storing = await storeInto(target, this.#seal);
        for await (const piece of readPieces(source)) {
          hash.update(piece);
          await storing.write(piece);
          size += piece.length;
        }
        await storing.finish();
        await target.sync();
      });
      const digest = hash.digest('hex');
      await this.#onUse(digest);
      await this.#guard(() => this.#publish(temporary, digest));
      await this.#noteSound(digest);
      return { digest, size };
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** A blob that turns out damaged is removed, so that the next `fetch` brings it again, and `file-missing` is thrown. */
  async writeFile(digest: Digest, target: string, mode: number, durability: 'durable' | 'passing' = 'durable'): Promise<void> {
    const opened = await this.#places.open(digest);
    if (opened === undefined) throw new SupervmError('file-missing', `blob ${digest.slice(0, 12)} is not held here`);
    await using source = opened;
    const temporary = `${target}.supervm-${process.pid}-${this.#drawn++}`;
    try {
      if (durability === 'durable') await makeDurableFolder(dirname(target), this.#syncFolder);
      else await mkdir(dirname(target), { recursive: true });
      // A daemon of an earlier life may have had this process id, and was killed while it wrote.
      await rm(temporary, { force: true });
      await using copy = await open(temporary, 'wx', mode);
      if ((await digestOfStored(source, (piece) => copy.writeFile(piece))) !== digest) throw await this.#damaged(digest, await source.stat());
      await copy.chmod(mode);
      if (durability === 'durable') await copy.sync();
      await rename(temporary, target);
      if (durability === 'durable') await this.#syncFolder(dirname(target));
    } catch (error) {
      await rm(temporary, { force: true });
      throw diskFault(error, target, target);
    }
  }

  async #isStillSound(digest: Digest): Promise<boolean> {
    const file = await this.#places.open(digest);
    if (file === undefined) return false;
    await using handle = file;
    return await this.#isSound(digest, handle);
  }

  /** Has it the digest that it is named by? Looked at once, and again whenever the file was touched. */
  async #isSound(digest: Digest, file: StoredFile): Promise<boolean> {
    const stats = await file.stat();
    const mark = markOf(stats);
    const known = this.#sound.get(digest);
    if (known?.mark === mark) return known.sound;
    const sound = digestOfStored(file).then(async (found) => {
      if (found !== digest) await this.#damaged(digest, stats);
      return found === digest;
    });
    this.#sound.set(digest, { mark, sound });
    sound.catch(() => this.#sound.delete(digest));
    return sound;
  }

  async #noteSound(digest: Digest): Promise<void> {
    const held = await this.#places.look(digest);
    if (held !== undefined) this.#sound.set(digest, { mark: markOf(held.stats), sound: Promise.resolve(true) });
  }

  /** Only the file that was looked at goes: meanwhile the blob may have been stored anew, and somebody told that it is held. */
  async #damaged(digest: Digest, looked: Stats): Promise<SupervmError> {
    const now = await this.#places.look(digest);
    if (now !== undefined && markOf(now.stats) === markOf(looked)) {
      this.#sound.delete(digest);
      await rm(now.path, { force: true });
    }
    return new SupervmError('file-missing', `blob ${digest.slice(0, 12)} was damaged on disk and has been dropped`);
  }

  async #publish(temporary: string, digest: Digest): Promise<void> {
    const [target, other] = this.#places.of(digest);
    const shelf = dirname(target);
    await this.#shelves.make(shelf);
    const isNew = (await this.#places.look(digest)) === undefined;
    try {
      await this.#shelves.change(shelf, () => rename(temporary, target));
    } catch (error) {
      // What may or may not be there after a power cut must not be taken for held.
      if (isNew) await rm(target, { force: true });
      throw error;
    }
    // Now that it is encrypted, or is not any more.
    if (other !== undefined) await rm(other, { force: true });
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw diskFault(error, `blobs in ${this.#folder}`, join(this.#folder, 'x'));
    }
  }

  #temporary(): string {
    return join(this.#folder, 'incoming', String(this.#drawn++));
  }
}

function markOf({ ino, mtimeMs, size }: { readonly ino: number; readonly mtimeMs: number; readonly size: number }): string {
  return `${ino}/${mtimeMs}/${size}`;
}
