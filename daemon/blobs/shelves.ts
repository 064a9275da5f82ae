/** The folders that blobs lie in, and which of the names in them survive a power cut. */
import { mkdir } from 'node:fs/promises';
import { errorCode } from './disk-faults.ts';

export class Shelves {
  /** The folder that they are in. */
  readonly #folder: string;
  readonly #syncFolder: (folder: string) => Promise<void>;
  /** Shelves that are there and whose own names are durable, or soon will be. */
  readonly #made = new Map<string, Promise<void>>();
  /** The last fsync that concerns the names in the shelf. */
  readonly #synced = new Map<string, Promise<void>>();
  /** An earlier daemon may have died between making a shelf and the fsync. */
  #inherited: Promise<void> | undefined;

  constructor(options: { readonly folder: string }, needs: { syncFolder(folder: string): Promise<void> }) {
    this.#folder = options.folder;
    this.#syncFolder = needs.syncFolder;
  }

  /** Makes the shelf where it is missing; its name is durable when resolved, for everybody who asks. */
  make(shelf: string): Promise<void> {
    return keep(this.#made, shelf, this.#made.get(shelf) ?? this.#make(shelf));
  }

  /** `change` gives names in the shelf, and may be called twice; they are durable when resolved, and whoever asks meanwhile waits for that. */
  change(shelf: string, change: () => Promise<void>): Promise<void> {
    const changed = this.#inShelf(shelf, change).then(() => this.#syncFolder(shelf));
    this.#follow(shelf, changed);
    return changed;
  }

  /** Resolves once every name that is in the shelf now is durable. */
  async settled(shelf: string): Promise<void> {
    await this.make(shelf);
    // An earlier daemon may have died between a rename and the fsync of its folder.
    if (!this.#synced.has(shelf)) this.#follow(shelf, this.#syncFolder(shelf));
    await this.#synced.get(shelf);
  }

  async #make(shelf: string): Promise<void> {
    if ((await mkdir(shelf, { recursive: true, mode: 0o700 })) !== undefined) return this.#syncFolder(this.#folder);
    this.#inherited ??= this.#syncFolder(this.#folder).catch((error: unknown) => {
      this.#inherited = undefined;
      throw error;
    });
    await this.#inherited;
  }

  /** A person or a cleaning program may have removed the shelf since it was made. */
  async #inShelf(shelf: string, change: () => Promise<void>): Promise<void> {
    const made = this.#made.get(shelf);
    try {
      await change();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      // Somebody else may be making it again already.
      if (this.#made.get(shelf) === made) this.#made.delete(shelf);
      await this.make(shelf);
      await change();
    }
  }

  #follow(shelf: string, synced: Promise<void>): void {
    const before = this.#synced.get(shelf)?.catch(() => {});
    keep(this.#synced, shelf, before === undefined ? synced : before.then(() => synced));
  }
}

/** After a failure the next one who asks tries anew. */
function keep(promises: Map<string, Promise<void>>, key: string, promise: Promise<void>): Promise<void> {
  promises.set(key, promise);
  promise.catch(() => promises.get(key) === promise && promises.delete(key));
  return promise;
}
