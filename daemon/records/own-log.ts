/** This node's own log: facts in the order of the calls, many calls in one fsync, nothing numbered before its predecessor is durable. */
import { SupervmError } from '../../src/model/errors.ts';
import type { Entry } from '../../src/model/facts.ts';
import { collectedOf } from './collected.ts';
import { type EntryLogs, entryDigest, noPredecessor } from './entry-logs.ts';
import { type AnyFact, readFact } from './fact-schema.ts';
import type { FactStore } from './journal.ts';
import { jsonCopy } from './json.ts';
import { mostFactBytes } from './protocol.ts';
import { isUnsure } from './unsure.ts';

/** Both bound a transaction, because the store's thread has little memory; the rest goes into the next. */
const mostFactsInCommit = 2000;
/** Of JSON. */
const mostBytesInCommit = 4 * 1024 * 1024;

/** Whoever holds `origin` up to `sequence` holds the facts. */
export interface Position {
  readonly origin: string;
  readonly sequence: number;
}

interface Asked {
  readonly facts: readonly AnyFact[];
  readonly bytes: number;
  resolve(position: Position): void;
  reject(error: unknown): void;
}

export interface OwnLogNeeds {
  readonly store: FactStore;
  readonly logs: EntryLogs;
  /** The entries are durable and in the logs. */
  landed(entries: readonly Entry[]): void;
  /** The log goes on under another origin. */
  renewed(before: string, after: string): void;
}

/** Throws `internal` for a fact that no node would fold, this one included. Returns a copy that nobody else can change. */
function checkedCopy(fact: AnyFact): AnyFact {
  const copy = jsonCopy(fact);
  const reading = readFact(copy);
  if (reading.kind !== 'fact' && reading.kind !== 'cluster')
    throw new SupervmError('internal', `a fact cannot be recorded: ${reading.kind === 'invalid' ? reading.reason : fact.type}`);
  const bytes = bytesOf(copy);
  if (bytes > mostFactBytes)
    throw new SupervmError('bad-setting', `a job or result needs ${bytes} bytes of record, more than ${mostFactBytes}`, 'Split the job.');
  return copy;
}

function bytesOf(fact: AnyFact): number {
  return Buffer.byteLength(JSON.stringify(fact));
}

function askedOf(facts: readonly AnyFact[], resolve: Asked['resolve'], reject: Asked['reject']): Asked {
  return { facts, bytes: facts.reduce((sum, fact) => sum + bytesOf(fact), 0), resolve, reject };
}

/** In order, each small enough for one transaction. */
function slicesOf(facts: readonly AnyFact[]): readonly (readonly AnyFact[])[] {
  const slices: AnyFact[][] = [];
  let bytes = 0;
  for (const fact of facts) {
    bytes += bytesOf(fact);
    const last = slices.at(-1);
    if (last !== undefined && last.length < mostFactsInCommit && bytes <= mostBytesInCommit) {
      last.push(fact);
      continue;
    }
    slices.push([fact]);
    bytes = bytesOf(fact);
  }
  return slices;
}

export class OwnLog {
  readonly #needs: OwnLogNeeds;
  readonly #node: string;
  /** Until then nothing is written: peers may know this log further than this disk. */
  readonly #mayWrite: Promise<void>;
  #storeId: string;
  #asked: Asked[] = [];
  /** What was in the log before this process wrote. */
  #inherited: number;
  #mustRenew = false;
  /** Somebody may have another form of this log: of an entry in doubt nobody has any. */
  #mustSayAgain = false;
  /** Drawn in this life: nobody can know it further or differently. */
  #isNew = false;
  #working: Promise<void> | undefined;

  constructor(options: { readonly node: string; readonly storeId: string; readonly mayWrite: Promise<void> }, needs: OwnLogNeeds) {
    this.#node = options.node;
    this.#storeId = options.storeId;
    this.#mayWrite = options.mayWrite;
    this.#needs = needs;
    this.#inherited = needs.logs.sequence(this.origin);
  }

  get storeId(): string {
    return this.#storeId;
  }

  get origin(): string {
    return `${this.#node}/${this.#storeId}`;
  }

  /** A peer knows this log better, or nobody knows what of it is on the disk; and the store has no new id yet. */
  get isStale(): boolean {
    return this.#mustRenew;
  }

  /** Resolves when durable here; rejects `disk-full` and the like, and then none of these facts is in the log. */
  append(facts: readonly AnyFact[]): Promise<Position> {
    return new Promise((resolve, reject) => {
      this.#asked.push(askedOf(facts.map(checkedCopy), resolve, reject));
      this.#wake();
    });
  }

  /** As `append`, of any number of facts, in several transactions: what is refused may be the later ones only. */
  async appendAll(facts: readonly AnyFact[]): Promise<void> {
    await Promise.all(slicesOf(facts).map((slice) => this.append(slice)));
  }

  /** The log `origin` is known further or differently by a peer, as it says: the next entry goes under a new store id, unless that cannot be. */
  async renew(origin: string): Promise<void> {
    if (origin !== this.origin || this.#isNew) return;
    this.#mustRenew = true;
    this.#mustSayAgain = true;
    await this.retry();
  }

  /** Takes the new store id that the disk refused, if it takes it now. */
  async retry(): Promise<void> {
    this.#wake();
    await this.idle();
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  #wake(): void {
    if (this.#working === undefined) void this.#work();
  }

  async #work(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#working = promise;
    await this.#mayWrite;
    let refusal: unknown;
    do {
      refusal = this.#mustRenew ? await this.#renewNow() : undefined;
      const group = this.#takeGroup();
      if (refusal === undefined) await this.#commit(group);
      else for (const asked of group) asked.reject(refusal);
    } while (this.#asked.length > 0 || (this.#mustRenew && refusal === undefined));
    this.#working = undefined;
    resolve();
  }

  /** The reason why not, when the store cannot: then nothing may be written either. */
  async #renewNow(): Promise<unknown> {
    const { store, logs, renewed } = this.#needs;
    const before = this.origin;
    try {
      this.#storeId = await store.renew();
    } catch (error) {
      return error;
    }
    this.#mustRenew = false;
    this.#isNew = true;
    // Nobody who has the other form of the old log takes what was written into it since: say it again under the new id.
    const entries = this.#mustSayAgain ? logs.after(before, this.#inherited) : [];
    const facts = [...entries].filter(({ fact }) => collectedOf(fact) === undefined).map((entry) => entry.fact as AnyFact);
    const nobody = (): void => undefined;
    this.#asked.unshift(...slicesOf(facts).map((slice) => askedOf(slice, nobody, nobody)));
    this.#mustSayAgain = false;
    this.#inherited = 0;
    renewed(before, this.origin);
    return undefined;
  }

  #takeGroup(): readonly Asked[] {
    let [facts, bytes] = [0, 0];
    const end = this.#asked.findIndex((asked) => {
      facts += asked.facts.length;
      bytes += asked.bytes;
      return facts > mostFactsInCommit || bytes > mostBytesInCommit;
    });
    return this.#asked.splice(0, end === -1 ? this.#asked.length : Math.max(end, 1));
  }

  async #commit(group: readonly Asked[]): Promise<void> {
    if (group.length === 0) return;
    const { origin } = this;
    const { store, logs, landed } = this.#needs;
    const entries: Entry[] = [];
    const positions: Position[] = [];
    let sequence = logs.sequence(origin);
    let previous = logs.digestAt(origin, sequence) ?? noPredecessor;
    for (const fact of group.flatMap((asked) => asked.facts)) {
      sequence += 1;
      const entry: Entry = { origin, sequence, previous, fact };
      previous = entryDigest(entry);
      entries.push(entry);
    }
    sequence = logs.sequence(origin);
    for (const asked of group) {
      sequence += asked.facts.length;
      positions.push({ origin, sequence });
    }
    try {
      if (entries.length > 0) await store.append(entries);
    } catch (error) {
      // Another entry in a place that may be taken would give it two forms.
      if (isUnsure(error)) this.#mustRenew = true;
      for (const asked of group) asked.reject(error);
      return;
    }
    logs.add(entries);
    landed(entries);
    group.forEach((asked, index) => void asked.resolve(positions[index] as Position));
  }
}
