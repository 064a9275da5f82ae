/** Appends a coordinator's facts, several in one write when they come faster than the disk and the standbys answer. */
import { SupervmError } from '../../src/model/errors.ts';
import type { Ended, Fact, ResultKept } from '../../src/model/facts.ts';
import type { Journal, Stored } from './needs.ts';
import type { Settling } from './settling.ts';

/** Writes on the way at once: a slow standby must not hold up everything behind it. */
const mostWrites = 4;

/** `untrue`: not written, it was no longer true. `stored`: on this disk, and the standbys had their time. `settled`: and no other will ever win. */
export type Appended = 'untrue' | 'stored' | 'settled';

export interface FactBatchNeeds {
  readonly journal: Journal;
  readonly settling: Pick<Settling, 'isQuorate' | 'isSettled'>;
  /** Told of each result and outcome that is settled. */
  settled?(fact: ResultKept | Ended): void;
}

interface Queued {
  readonly fact: Fact;
  /** Asked in the turn in which the fact is written: has nothing changed meanwhile? */
  stillTrue(): boolean;
  resolve(appended: Appended): void;
  reject(error: unknown): void;
}

export class FactBatch {
  readonly #storeMs: number;
  readonly #needs: FactBatchNeeds;
  readonly #queue: Queued[] = [];
  #writes = 0;

  constructor(options: { readonly storeMs: number }, needs: FactBatchNeeds) {
    this.#storeMs = options.storeMs;
    this.#needs = needs;
  }

  /** Rejects when the disk failed. */
  append(fact: Fact, stillTrue: () => boolean): Promise<Appended> {
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
    for (const queued of batch) if (!valid.includes(queued)) queued.resolve('untrue');
    if (valid.length > 0) void this.#write(valid);
  }

  async #write(batch: readonly Queued[]): Promise<void> {
    const { journal, settling } = this.#needs;
    this.#writes += 1;
    const isQuorate = settling.isQuorate();
    const facts = batch.map(({ fact }) => (isQuorate && isDecision(fact) ? { ...fact, quorate: true as const } : fact));
    let positions: Stored['positions'];
    try {
      const stored = await journal.append(facts, this.#storeMs);
      if (stored.copies.length === 0) throw new SupervmError('not-acknowledged', 'the facts are on no disk');
      positions = stored.positions;
    } catch (error) {
      for (const queued of batch) queued.reject(error);
      return;
    } finally {
      this.#writes -= 1;
      this.#flush();
    }
    const isSettled = isQuorate && positions !== undefined && (await settling.isSettled(positions).catch(() => false));
    batch.forEach((queued, place) => {
      const fact = facts[place] as Fact;
      if (isSettled && isDecision(fact)) this.#needs.settled?.(fact);
      queued.resolve(isSettled ? 'settled' : 'stored');
    });
  }
}

/** What only one coordinator may decide. */
function isDecision(fact: Fact): fact is ResultKept | Ended {
  return fact.type === 'result-kept' || fact.type === 'ended';
}
