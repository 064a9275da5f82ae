/** Blobs that somebody relies on though no fact may name them yet: they must not be collected under his hands. */
import type { Digest } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';

/** From an answer that a blob is held to the fact that refers to it (milliseconds); whoever copies for longer says so again and again. */
const recentMs = 60_000;
const pruneAt = 20_000;

/** Blobs of something that takes its time: all in use until the end of it. */
export interface Pins {
  add(digest: Digest): void;
  /** Everything added counts as used just now. */
  end(): void;
}

export class RecentUse {
  readonly #clock: Clock;
  readonly #onUse: ((digest: Digest) => void)[] = [];
  /** How many pins hold the blob. */
  readonly #pinned = new Map<Digest, number>();
  readonly #used = new Map<Digest, number>();
  readonly #removing = new Map<Digest, Promise<void>>();

  constructor(needs: { readonly clock: Clock }) {
    this.#clock = needs.clock;
  }

  /** Say this before looking whether the blob is there. Resolves when it is not just being removed. */
  async use(digest: Digest): Promise<void> {
    this.note(digest);
    await this.#removing.get(digest);
  }

  /** Told at once of every use. */
  onUse(listener: (digest: Digest) => void): void {
    this.#onUse.push(listener);
  }

  pins(): Pins {
    const added = new Set<Digest>();
    return {
      add: (digest) => {
        this.note(digest);
        if (added.has(digest)) return;
        added.add(digest);
        this.#pinned.set(digest, (this.#pinned.get(digest) ?? 0) + 1);
      },
      end: () => {
        for (const digest of added) {
          this.note(digest);
          const left = (this.#pinned.get(digest) ?? 1) - 1;
          if (left === 0) this.#pinned.delete(digest);
          else this.#pinned.set(digest, left);
        }
        added.clear();
      },
    };
  }

  note(digest: Digest): void {
    // Always the newest last.
    this.#used.delete(digest);
    this.#used.set(digest, this.#clock.now());
    for (const listener of this.#onUse) listener(digest);
    if (this.#used.size > pruneAt) this.#prune();
  }

  /** Runs `remove` unless the blob is in use; false then. */
  async removeUnused(digest: Digest, remove: () => Promise<void>): Promise<boolean> {
    const used = this.#used.get(digest);
    if (this.#pinned.has(digest) || (used !== undefined && this.#clock.now() - used < recentMs)) return false;
    const removing = remove().finally(() => this.#removing.delete(digest));
    this.#removing.set(
      digest,
      removing.catch(() => undefined),
    );
    await removing;
    return true;
  }

  #prune(): void {
    const until = this.#clock.now() - recentMs;
    for (const [digest, at] of this.#used) {
      if (at > until) return;
      this.#used.delete(digest);
    }
  }
}
