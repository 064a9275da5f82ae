/**
 * A FactStore whose disk is an object: what was synced stays in it, what was not is gone when the process crashes.
 * For unit tests and the simulation; it keeps the promises of SqliteStore, group commit included.
 */
import { SupervmError } from '../../src/model/errors.ts';
import type { Entry } from '../../src/model/facts.ts';
import type { Term } from '../../src/model/job.ts';
import { compareTerms } from '../../src/model/term.ts';
import type { Seat } from '../../src/model/voters.ts';
import type { Clock, Randomness, Timer } from '../clock.ts';
import type { FactStore } from './journal.ts';

/** What survives the process. Entries by origin, each list in sequence. */
export interface MemoryDisk {
  storeId: string | undefined;
  highestTerm: Term | undefined;
  seat?: Seat;
  /** Unix milliseconds. */
  lostAt?: number;
  readonly logs: Map<string, Entry[]>;
  /** While true every commit is refused with `disk-full`. */
  full: boolean;
  /** While true every fsync fails: nobody knows whether what it should have written is on the disk. */
  failing: boolean;
}

export function emptyDisk(): MemoryDisk {
  return { storeId: undefined, highestTerm: undefined, logs: new Map(), full: false, failing: false };
}

export interface MemoryStoreOptions {
  readonly disk: MemoryDisk;
  /** Milliseconds of the clock that one commit takes. */
  readonly fsyncMs: number;
}

interface Write {
  readonly entries: readonly Entry[];
  readonly tombstones?: readonly Entry[];
  readonly term?: Term;
  readonly seat?: Seat;
  readonly storeId?: string;
  readonly lostAt?: number;
  resolve(): void;
  reject(error: Error): void;
}

export class MemoryStore implements FactStore {
  readonly #disk: MemoryDisk;
  readonly #fsyncMs: number;
  readonly #clock: Clock;
  readonly #randomness: Randomness;
  #pending: Write[] = [];
  #inFlight: Write[] = [];
  /** Refused because the fsync failed, and nothing was written over it since: a crash may bring it to light. */
  #doubtful: Write[] = [];
  #timer: Timer | undefined;
  #idle: (() => void)[] = [];
  #state: 'new' | 'open' | 'closed' = 'new';

  constructor(options: MemoryStoreOptions, needs: { readonly clock: Clock; readonly randomness: Randomness }) {
    this.#disk = options.disk;
    this.#fsyncMs = options.fsyncMs;
    this.#clock = needs.clock;
    this.#randomness = needs.randomness;
  }

  async start(): Promise<void> {
    this.#state = 'open';
    this.#disk.storeId ??= this.#randomness.hex(8);
  }

  /** Waits for what was asked before. */
  async stop(): Promise<void> {
    if (this.#timer !== undefined) await new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#state = 'closed';
  }

  /**
   * The process dies: nobody is answered any more, and what was not synced is lost, except that the last transaction, under
   * way or refused by a failing fsync, may have reached the disk whole (`lastSurvives`): the journal of the database knows
   * no halves and no later one without an earlier one. Start another store on the same disk afterwards.
   */
  crash(lastSurvives = false): MemoryDisk {
    const last = this.#inFlight.length > 0 ? this.#inFlight : this.#doubtful;
    if (lastSurvives && !this.#disk.full) for (const write of last) store(this.#disk, write);
    this.#doubtful = [];
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#pending = [];
    this.#inFlight = [];
    this.#state = 'closed';
    return this.#disk;
  }

  async load(): ReturnType<FactStore['load']> {
    if (this.#state !== 'open' || this.#disk.storeId === undefined) throw new SupervmError('internal', 'the store is not open');
    const origins = [...this.#disk.logs.keys()].sort();
    const entries = origins.flatMap((origin) => this.#disk.logs.get(origin) ?? []);
    const { storeId, highestTerm, seat, lostAt } = this.#disk;
    return { storeId, entries, highestTerm, ...(seat === undefined ? {} : { seat }), ...(lostAt === undefined ? {} : { lostAt }) };
  }

  append(entries: readonly Entry[]): Promise<void> {
    return this.#write({ entries });
  }

  collect(tombstones: readonly Entry[]): Promise<void> {
    return this.#write({ entries: [], tombstones });
  }

  saveTerm(term: Term): Promise<void> {
    return this.#write({ entries: [], term });
  }

  saveSeat(seat: Seat): Promise<void> {
    return this.#write({ entries: [], seat });
  }

  async renew(): Promise<string> {
    const storeId = this.#randomness.hex(8);
    await this.#write({ entries: [], storeId, lostAt: this.#clock.wall() });
    return storeId;
  }

  #write(write: Omit<Write, 'resolve' | 'reject'>): Promise<void> {
    if (this.#state !== 'open') return Promise.reject(new SupervmError('internal', 'the store is not open'));
    return new Promise((resolve, reject) => {
      this.#pending.push({ ...write, resolve, reject });
      if (this.#timer === undefined) this.#commit();
    });
  }

  #commit(): void {
    this.#inFlight = this.#pending;
    this.#pending = [];
    this.#timer = this.#clock.after(this.#fsyncMs, () => {
      const written = this.#inFlight;
      this.#inFlight = [];
      this.#timer = undefined;
      const refusal = this.#refusal();
      this.#doubtful = this.#disk.failing ? written : [];
      for (const write of written) {
        if (refusal !== undefined) {
          write.reject(refusal);
          continue;
        }
        store(this.#disk, write);
        write.resolve();
      }
      if (this.#pending.length > 0) this.#commit();
      else for (const resolve of this.#idle.splice(0)) resolve();
    });
  }

  #refusal(): SupervmError | undefined {
    if (this.#disk.full) return new SupervmError('disk-full', 'no room left for the job records');
    return this.#disk.failing ? new SupervmError('internal', 'the job records failed: disk I/O error') : undefined;
  }
}

function store(disk: MemoryDisk, write: Omit<Write, 'resolve' | 'reject'>): void {
  for (const entry of write.entries) {
    const log = disk.logs.get(entry.origin) ?? [];
    disk.logs.set(entry.origin, log);
    // As the database does: one already stored is ignored. A gap would be a defect of the journal.
    if (entry.sequence <= log.length) continue;
    if (entry.sequence !== log.length + 1) throw new Error(`entry ${entry.sequence} of ${entry.origin} was stored after ${log.length}`);
    log.push(entry);
  }
  for (const tombstone of write.tombstones ?? []) {
    const log = disk.logs.get(tombstone.origin);
    if (log?.[tombstone.sequence - 1] !== undefined) log[tombstone.sequence - 1] = tombstone;
  }
  if (write.term !== undefined && (disk.highestTerm === undefined || compareTerms(write.term, disk.highestTerm) > 0)) disk.highestTerm = write.term;
  if (write.seat !== undefined) disk.seat = write.seat;
  if (write.storeId !== undefined) disk.storeId = write.storeId;
  if (write.lostAt !== undefined) disk.lostAt = write.lostAt;
}
