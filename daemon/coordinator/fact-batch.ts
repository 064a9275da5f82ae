/** Appends a coordinator's facts, several in one write when they come faster than the disk and the standbys answer. */
import { SupervmError } from '../../src/model/errors.ts';
import type { Fact } from '../../src/model/facts.ts';
import type { Journal } from './needs.ts';

/** Writes on the way at once: a slow standby must not hold up everything behind it. */
const mostWrites = 4;

interface Queued {
  readonly fact: Fact;
  /** Asked in the turn in which the fact is written: has nothing changed meanwhile? */
  stillTrue(): boolean;
  resolve(written: boolean): void;
  reject(error: unknown): void;
}

export class FactBatch {
  readonly #storeMs: number;
  readonly #journal: Journal;
  readonly #queue: Queued[] = [];
  #writes = 0;

  constructor(options: { readonly storeMs: number }, needs: { readonly journal: Journal }) {
    this.#storeMs = options.storeMs;
    this.#journal = needs.journal;
  }

  /** False when it was no longer true and so not written. Resolves once it is on this disk and the standbys had their time; rejects when the disk failed. */
  append(fact: Fact, stillTrue: () => boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ fact, stillTrue, resolve, reject });
      // After this turn, so that facts of one turn share a write.
      queueMicrotask(() => this.#flush());
    });
  }

  #flush(): void {
    if (this.#writes >= mostWrites || this.#queue.length === 0) return;
    const batch = this.#queue.splice(0);
    const valid = batch.filter((queued) => queued.stillTrue());
    for (const queued of batch) if (!valid.includes(queued)) queued.resolve(false);
    if (valid.length > 0) void this.#write(valid);
  }

  async #write(batch: readonly Queued[]): Promise<void> {
    this.#writes += 1;
    try {
      const facts = batch.map((queued) => queued.fact);
      const { copies } = await this.#journal.append(facts, this.#storeMs);
      if (copies.length === 0) throw new SupervmError('not-acknowledged', 'the facts are on no disk');
      for (const queued of batch) queued.resolve(true);
    } catch (error) {
      for (const queued of batch) queued.reject(error);
    } finally {
      this.#writes -= 1;
      this.#flush();
    }
  }
}
