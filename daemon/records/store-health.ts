/** How the disk of the records behaves: what it refused last, until it takes something again, and whether it is slow. */
import { SupervmError } from '../../src/model/errors.ts';
import type { Entry } from '../../src/model/facts.ts';
import type { Term } from '../../src/model/job.ts';
import type { Seat } from '../../src/model/voters.ts';
import type { Clock, Timer } from '../clock.ts';
import type { FactStore, RecordsProblem } from './journal.ts';
import type { Trouble } from './trouble.ts';

/** A write that takes longer than this makes everybody wait who hands something in. */
const slowMs = 2_000;
/** A disk that refused is tried again this often, so that the node goes on by itself once it is mended. */
const probeMs = 5_000;

export interface StoreHealthNeeds {
  readonly store: FactStore;
  readonly clock: Clock;
  onTrouble(trouble: Trouble): void;
  /** `problems` says something else than before. */
  changed(): void;
}

/** The store itself, watched. */
export class StoreHealth implements FactStore {
  readonly #needs: StoreHealthNeeds;
  /** When the writes that are not answered yet began. */
  readonly #outstanding = new Set<{ readonly since: number }>();
  #refused: RecordsProblem | undefined;
  /** Milliseconds that the last write took, when it was slow. */
  #slow: number | undefined;
  #probing: Timer | undefined;
  #stopped = false;

  constructor(needs: StoreHealthNeeds) {
    this.#needs = needs;
  }

  start(): Promise<void> {
    return this.#needs.store.start();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#probing?.cancel();
    return this.#needs.store.stop();
  }

  load(): ReturnType<FactStore['load']> {
    return this.#needs.store.load();
  }

  append(entries: readonly Entry[]): Promise<void> {
    return this.#watched(() => this.#needs.store.append(entries));
  }

  collect(tombstones: readonly Entry[]): Promise<void> {
    return this.#watched(() => this.#needs.store.collect(tombstones));
  }

  saveTerm(term: Term): Promise<void> {
    return this.#watched(() => this.#needs.store.saveTerm(term));
  }

  saveSeat(seat: Seat): Promise<void> {
    return this.#watched(() => this.#needs.store.saveSeat(seat));
  }

  renew(): Promise<string> {
    return this.#watched(() => this.#needs.store.renew());
  }

  problems(): readonly RecordsProblem[] {
    const now = this.#needs.clock.now();
    const longest = Math.max(this.#slow ?? 0, ...[...this.#outstanding].map(({ since }) => now - since));
    const problems: RecordsProblem[] = this.#refused === undefined ? [] : [this.#refused];
    if (longest >= slowMs)
      problems.push({
        code: 'disk-slow',
        message: `The disk of the job records takes ${(longest / 1000).toFixed(1)} s to make a write durable.`,
        hint: 'Jobs go on, slowly; look at what else uses that disk.',
      });
    return problems;
  }

  async #watched<T>(write: () => Promise<T>): Promise<T> {
    const { clock } = this.#needs;
    const mark = { since: clock.now() };
    this.#outstanding.add(mark);
    const late = clock.after(slowMs, () => {
      this.#needs.onTrouble({ type: 'store-slow', milliseconds: slowMs });
      this.#needs.changed();
    });
    try {
      const result = await write();
      this.#took(clock.now() - mark.since, undefined);
      return result;
    } catch (error) {
      this.#took(clock.now() - mark.since, error);
      throw error;
    } finally {
      late.cancel();
      this.#outstanding.delete(mark);
    }
  }

  #took(milliseconds: number, error: unknown): void {
    const before = `${this.#refused?.code} ${this.#slow !== undefined}`;
    this.#slow = milliseconds >= slowMs ? milliseconds : undefined;
    this.#refused = error === undefined ? undefined : problemOf(error);
    if (this.#refused !== undefined) this.#probeSoon();
    if (before !== `${this.#refused?.code} ${this.#slow !== undefined}`) this.#needs.changed();
  }

  #probeSoon(): void {
    if (this.#stopped || this.#needs.store.probe === undefined) return;
    this.#probing?.cancel();
    this.#probing = this.#needs.clock.after(probeMs, () => void this.#watched(async () => this.#needs.store.probe?.()).catch(() => undefined));
  }
}

function problemOf(error: unknown): RecordsProblem {
  if (error instanceof SupervmError) return { code: error.code, message: sentence(error.message), hint: sentence(error.hint) };
  return { code: 'internal', message: `The job records cannot be written: ${error instanceof Error ? error.message : String(error)}.`, hint: '' };
}

function sentence(text: string): string {
  if (text === '') return text;
  return `${text[0]?.toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
