/** Takes the facts of removed jobs, and cluster facts that later ones made void, out of memory and off the disk; what the chain of each log needs stays. */
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
  /** Is it a cluster fact that nobody needs any more? */
  isVoid(fact: unknown): boolean;
}

export class Collector {
  readonly #needs: CollectorNeeds;
  readonly #listeners: ((facts: readonly Fact[]) => Promise<void>)[] = [];
  #timer: Timer | undefined;
  #working: Promise<void> | undefined;
  #stopped = false;

  constructor(needs: CollectorNeeds) {
    this.#needs = needs;
  }

  /** Told of facts of removed jobs: the last that is heard of them, unless it rejects. */
  onCollect(listener: (facts: readonly Fact[]) => Promise<void>): void {
    this.#listeners.push(listener);
  }

  /** Something of a removed job, or void, may be in the logs. */
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
      const tombstones = batch.map((entry) => tombstoneOf(entry, jobOf(entry.fact), entryDigest(entry)));
      try {
        const facts = batch.filter(({ fact }) => jobOf(fact) !== undefined).map(({ fact }) => fact as Fact);
        if (facts.length > 0) for (const listener of this.#listeners) await listener(facts);
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
    const { logs, isRemoved, isVoid } = this.#needs;
    for (const origin of logs.origins()) {
      for (const entry of logs.after(origin, 0)) {
        const job = jobOf(entry.fact);
        if (job === undefined ? !isVoid(entry.fact) : !isRemoved(job) || isStone(entry.fact)) continue;
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
