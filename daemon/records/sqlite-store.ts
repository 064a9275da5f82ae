/**
 * Facts in node:sqlite, in a thread of their own. Whatever is asked while a transaction is being fsynced goes into the
 * next one together (group commit), so that durability costs one fsync a batch and not one a fact.
 */
import type { Entry } from '../../src/model/facts.ts';
import type { Term } from '../../src/model/job.ts';
import { compareTerms } from '../../src/model/term.ts';
import type { Seat } from '../../src/model/voters.ts';
import type { Clock, Randomness } from '../clock.ts';
import type { FactStore } from './journal.ts';
import { draftOf, dropDraft, finishRepair, takeDraft, verifiedPrefixes } from './salvage.ts';
import { damaged, damagedAlone, isDamage, storeError } from './store-error.ts';
import type { Row } from './store-messages.ts';
import { StoreThread } from './store-thread.ts';

const storeIdBytes = 8;
const salvagedInCommit = 1000;

export interface SqliteStoreOptions {
  /** Absolute path of the database; its folder exists and is this process's alone. */
  readonly file: string;
  /** `programFile('daemon/records/store-worker.ts')` */
  readonly workerFile: string | URL;
  /**
   * What to do with a damaged database. `repair`: it is set aside, what can be proven of it goes into a new one, and peers give the rest.
   * `alone` (default): nobody could, so a person must decide.
   */
  readonly onDamage?: 'repair' | 'alone';
  /** Does this machine hold bytes of jobs? Then it had a database, and one that is not there is lost. */
  hasBytes?(): boolean;
  /** Told after a repair: where the damaged file is now, and how many entries were saved. */
  onRepaired?(repair: { readonly reason: string; readonly aside: string; readonly entries: number }): void;
}

interface Loaded {
  readonly storeId: string;
  readonly entries: readonly Entry[];
  readonly highestTerm: Term | undefined;
  readonly seat?: Seat;
  readonly lostAt?: number;
}

interface Asked {
  readonly rows: readonly Row[];
  readonly tombstones: readonly Row[];
  readonly meta: { readonly [key: string]: string };
  resolve(): void;
  reject(error: unknown): void;
}

export class SqliteStore implements FactStore {
  readonly #options: SqliteStoreOptions;
  readonly #randomness: Randomness;
  readonly #clock: Pick<Clock, 'wall'>;
  #thread: StoreThread | undefined;
  #asked: Asked[] = [];
  #committing: Promise<void> | undefined;
  #term: Term | undefined;
  #probes = 0;

  constructor(options: SqliteStoreOptions, needs: { readonly randomness: Randomness; readonly clock: Pick<Clock, 'wall'> }) {
    this.#options = options;
    this.#randomness = needs.randomness;
    this.#clock = needs.clock;
  }

  /** Rejects `records-damaged`, `disk-full` and its kin, or `daemon-exists` when another process has the database. */
  async start(): Promise<void> {
    finishRepair(this.#options.file);
    try {
      await this.#open();
    } catch (error) {
      await this.#repair(error);
    }
  }

  async stop(): Promise<void> {
    while (this.#committing !== undefined) await this.#committing;
    await this.#thread?.end();
  }

  async load(): Promise<Loaded> {
    try {
      return await this.#load();
    } catch (error) {
      await this.#repair(error);
      return this.#load();
    }
  }

  async #open(): Promise<void> {
    this.#thread = this.#threadFor(this.#options.file);
    try {
      const loss = this.#options.hasBytes?.() === true ? this.#loss() : {};
      await this.#thread.ask({ type: 'open', storeId: this.#randomness.hex(storeIdBytes), ...loss });
    } catch (error) {
      await this.#thread.end();
      throw error;
    }
  }

  async #load(): Promise<Loaded> {
    const entries: Entry[] = [];
    let defect: Error | undefined;
    const meta = await this.#running().ask({ type: 'load' }, (rows) => {
      for (const row of rows) {
        try {
          entries.push(entryOf(row, entries.at(-1)));
        } catch (error) {
          defect ??= damaged(this.#options.file, error instanceof Error ? error.message : String(error));
        }
      }
    });
    if (defect !== undefined) throw defect;
    const { store, term, seat, lost } = meta;
    if (store === undefined) throw damaged(this.#options.file, 'it has no store id');
    if (term !== undefined) this.#term = JSON.parse(term) as Term;
    const more = { ...(seat === undefined ? {} : { seat: JSON.parse(seat) as Seat }), ...(lost === undefined ? {} : { lostAt: Number(lost) }) };
    return { storeId: store, entries, highestTerm: this.#term, ...more };
  }

  #loss(): { readonly lost: string } {
    return { lost: String(Math.round(this.#clock.wall())) };
  }

  /** Rethrows what is no damage, or may not be repaired without a person's word. Afterwards a new database is open, with a new store id. */
  async #repair(error: unknown): Promise<void> {
    const { file, onDamage, onRepaired } = this.#options;
    if (!isDamage(error)) throw error;
    const reason = (error as Error).message;
    if (onDamage !== 'repair') throw damagedAlone(file, reason.slice(reason.indexOf(': ') + 2));
    await this.#thread?.end();
    const thread = this.#threadFor(file);
    const found: Entry[] = [];
    const meta = await thread.ask({ type: 'salvage' }, (rows) => {
      for (const row of rows) if (row.bad !== true && isJson(row.body)) found.push({ ...row, fact: JSON.parse(row.body) });
    });
    await thread.end();
    const entries = verifiedPrefixes(found.map(({ origin, sequence, previous, fact }) => ({ origin, sequence, previous, fact })));
    // Terms must never be drawn twice; who may vote is settled by the store id, which is a new one. What has changed on the disk is left out.
    const { term, seat } = meta;
    await this.#build(entries, {
      ...this.#loss(),
      ...(term !== undefined && isJson(term) ? { term } : {}),
      ...(seat !== undefined && isJson(seat) ? { seat } : {}),
    });
    const aside = takeDraft(file) ?? file;
    await this.#open();
    onRepaired?.({ reason, aside, entries: entries.length });
  }

  #threadFor(file: string): StoreThread {
    return new StoreThread({ file, workerFile: this.#options.workerFile, errorOf: (fault) => storeError(file, fault) });
  }

  /** A database under a temporary name: until it is whole the damaged one stays where it is, to be repaired again. */
  async #build(entries: readonly Entry[], meta: { readonly [key: string]: string }): Promise<void> {
    const { file } = this.#options;
    dropDraft(file);
    const thread = this.#threadFor(draftOf(file));
    try {
      await thread.ask({ type: 'open', storeId: this.#randomness.hex(storeIdBytes) });
      await thread.ask({ type: 'commit', commit: { rows: [], tombstones: [], meta } });
      for (let first = 0; first < entries.length; first += salvagedInCommit) {
        const rows = entries.slice(first, first + salvagedInCommit).map(rowOf);
        await thread.ask({ type: 'commit', commit: { rows, tombstones: [], meta: {} } });
      }
      await thread.end();
    } catch (error) {
      await thread.end().catch(() => undefined);
      // Of no use, and the disk may be full.
      dropDraft(file);
      throw error;
    }
  }

  append(entries: readonly Entry[]): Promise<void> {
    return this.#commit(entries.map(rowOf), {});
  }

  collect(tombstones: readonly Entry[]): Promise<void> {
    return this.#commit([], {}, tombstones.map(rowOf));
  }

  saveTerm(term: Term): Promise<void> {
    if (this.#term === undefined || compareTerms(term, this.#term) > 0) this.#term = term;
    return this.#commit([], { term: JSON.stringify(this.#term) });
  }

  saveSeat(seat: Seat): Promise<void> {
    return this.#commit([], { seat: JSON.stringify(seat) });
  }

  probe(): Promise<void> {
    this.#probes += 1;
    return this.#commit([], { probe: String(this.#probes) });
  }

  async renew(): Promise<string> {
    const store = this.#randomness.hex(storeIdBytes);
    await this.#commit([], { store, ...this.#loss() });
    return store;
  }

  #running(): StoreThread {
    if (this.#thread === undefined) throw storeError(this.#options.file, { result: 0, message: 'the store was not started' });
    return this.#thread;
  }

  #commit(rows: readonly Row[], meta: { readonly [key: string]: string }, tombstones: readonly Row[] = []): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ rows, tombstones, meta, resolve, reject });
      if (this.#committing === undefined) void this.#commitAll();
    });
  }

  /** Never rejects: each caller is told. */
  async #commitAll(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#committing = promise;
    while (this.#asked.length > 0) {
      const group = this.#asked;
      this.#asked = [];
      try {
        const commit = {
          rows: group.flatMap((asked) => asked.rows),
          tombstones: group.flatMap((asked) => asked.tombstones),
          meta: Object.assign({}, ...group.map((asked) => asked.meta)),
        };
        await this.#running().ask({ type: 'commit', commit });
        for (const asked of group) asked.resolve();
      } catch (error) {
        for (const asked of group) asked.reject(error);
      }
    }
    // In the same turn as the last look at the queue, so that nobody's commit is left behind.
    this.#committing = undefined;
    resolve();
  }
}

function rowOf({ origin, sequence, previous, fact }: Entry): Row {
  return { origin, sequence, previous, body: JSON.stringify(fact) };
}

/** Throws Error for a body that is no JSON or a row that is missing before this one. */
function entryOf({ origin, sequence, previous, body, bad }: Row, before: Entry | undefined): Entry {
  if (bad === true) throw new Error(`entry ${sequence} of ${origin} has changed on the disk`);
  const expected = before?.origin === origin ? before.sequence + 1 : 1;
  if (sequence !== expected) throw new Error(`entry ${expected} of ${origin} is missing`);
  return { origin, sequence, previous, fact: JSON.parse(body) };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
