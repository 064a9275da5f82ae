/** Takes the facts of removed jobs out of memory and off the disk; what the chain of each log needs stays. */
import type { Entry, Fact } from '../../src/model/facts.ts';
import type { JobId } from '../../src/model/job.ts';
import type { Clock, Timer } from '../clock.ts';
import { collectedOf, tombstoneOf } from './collected.ts';
import { type EntryLogs, entryDigest } from './entry-logs.ts';
import type { FactStore } from './journal.ts';

/** Removals within this time (milliseconds) are collected together; a disk that refuses is tried again after it too. */
const soonMs = 1_000;
/** Entries of one transaction. */
const batchEntries = 500;

export interface CollectorNeeds {
  readonly store: FactStore;
  readonly logs: EntryLogs;
  readonly clock: Clock;
  isRemoved(job: JobId): boolean;
  /** The last that is heard of these facts, unless it rejects. */
  collecting(facts: readonly Fact[]): Promise<void>;
}

export class Collector {
  readonly #needs: CollectorNeeds;
  #timer: Timer | undefined;
  #working: Promise<void> | undefined;
  #stopped = false;

  constructor(needs: CollectorNeeds) {
    this.#needs = needs;
  }

  /** Something of a removed job may be in the logs. */
  look(): void {
    if (this.#stopped) return;
    this.#timer ??= this.#needs.clock.after(soonMs, () => {
      this.#timer = undefined;
      this.#working ??= this.#collect().finally(() => {
        this.#working = undefined;
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#working;
  }

  async #collect(): Promise<void> {
    for (;;) {
      const batch = this.#dueEntries();
      if (batch.length === 0 || this.#stopped) return;
      const tombstones = batch.map((entry) => tombstoneOf(entry, jobOf(entry.fact) as JobId, entryDigest(entry)));
      try {
        await this.#needs.collecting(batch.map((entry) => entry.fact as Fact));
        await this.#needs.store.collect(tombstones);
      } catch {
        // The store's trouble is told where it is watched; nothing is lost by waiting.
        return this.look();
      }
      this.#needs.logs.collect(tombstones);
    }
  }

  /** The removal itself stays: it is what is never forgotten. */
  #dueEntries(): readonly Entry[] {
    const due: Entry[] = [];
    const { logs, isRemoved } = this.#needs;
    for (const origin of logs.origins()) {
      for (const entry of logs.after(origin, 0)) {
        const job = jobOf(entry.fact);
        if (job === undefined || !isRemoved(job) || isStone(entry.fact)) continue;
        due.push(entry);
        if (due.length >= batchEntries) return due;
      }
    }
    return due;
  }
}

function jobOf(fact: unknown): JobId | undefined {
  return typeof fact === 'object' && fact !== null && 'job' in fact && typeof fact.job === 'string' ? fact.job : undefined;
}

function isStone(fact: unknown): boolean {
  return collectedOf(fact) !== undefined || (fact as { readonly type?: unknown }).type === 'removed';
}
