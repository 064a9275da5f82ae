/** Where the blobs of a folder lie: `ab/cdef…`, or, encrypted, `ab/cdef….KEY` with the name of the key, so that files of another key are left alone. */
import type { Stats } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SupervmError } from '../../src/model/errors.ts';
import type { Digest } from '../../src/model/job.ts';
import { isDigest } from './digest.ts';
import { errorCode } from './disk-faults.ts';
import { type BlobSeal, sealName, shapeOf } from './sealed-chunks.ts';
import { openStored, type StoredFile } from './stored-file.ts';

export interface Held {
  readonly path: string;
  /** Of the blob, as its file's length says; undefined for a length that no encrypted file has. */
  readonly size: number | undefined;
  readonly stats: Stats;
}

export class BlobPlaces {
  readonly #folder: string;
  readonly #seal: BlobSeal | undefined;
  /** Of the names of encrypted files. */
  readonly #ending: string;

  constructor(options: { readonly folder: string; readonly seal: BlobSeal | undefined }) {
    this.#folder = options.folder;
    this.#seal = options.seal;
    this.#ending = options.seal === undefined ? '' : `.${sealName(options.seal.key)}`;
  }

  /** Where it is put, and where it may be besides. */
  of(digest: Digest): readonly [string, string?] {
    if (!isDigest(digest)) throw new SupervmError('internal', `${JSON.stringify(digest)} is not a digest`);
    const plain = join(this.#folder, digest.slice(0, 2), digest.slice(2));
    if (this.#seal === undefined) return [plain];
    const sealed = plain + this.#ending;
    return this.#seal.writes ? [sealed, plain] : [plain, sealed];
  }

  look(digest: Digest): Promise<Held | undefined> {
    return this.#first(digest, async (path) => {
      const stats = await stat(path);
      return { path, size: this.#isSealed(path) ? sizeIn(stats.size) : stats.size, stats };
    });
  }

  open(digest: Digest): Promise<StoredFile | undefined> {
    return this.#first(digest, (path) => openStored(path, this.#isSealed(path) ? this.#seal : undefined));
  }

  async remove(digest: Digest): Promise<void> {
    for (const path of this.of(digest)) if (path !== undefined) await rm(path, { force: true });
  }

  async *list(): AsyncGenerator<Digest> {
    for (const shelf of await readdir(this.#folder)) {
      if (!/^[0-9a-f]{2}$/.test(shelf)) continue;
      const names = await readdir(join(this.#folder, shelf));
      const own = names.map((name) => (this.#ending !== '' && name.endsWith(this.#ending) ? name.slice(0, -this.#ending.length) : name));
      for (const name of new Set(own)) if (isDigest(shelf + name)) yield shelf + name;
    }
  }

  async #first<T>(digest: Digest, at: (path: string) => Promise<T>): Promise<T | undefined> {
    const [first, second] = this.of(digest);
    // The first once more: meanwhile it may have taken the place of the second.
    for (const path of second === undefined ? [first] : [first, second, first]) {
      try {
        return await at(path);
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error;
      }
    }
    return undefined;
  }

  #isSealed(path: string): boolean {
    return this.#seal !== undefined && path.endsWith(this.#ending);
  }
}

function sizeIn(fileBytes: number): number | undefined {
  try {
    return shapeOf(fileBytes).size;
  } catch {
    return undefined;
  }
}
