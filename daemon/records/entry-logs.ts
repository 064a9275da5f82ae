/** The logs of all origins as they are on this node's disk, in memory: what peers pull and what entries are verified against. */
import type { Entry } from '../../src/model/facts.ts';
import type { Digest, NodeId } from '../../src/model/job.ts';
import { digestOf } from './canonical.ts';
import { collectedOf } from './collected.ts';
import type { Head } from './protocol.ts';

export const noPredecessor: Digest = '0'.repeat(64);

/** Entries carry their predecessor's digest, so a log is known by the digest of its newest entry. A tombstone has the digest of what it stands for. */
export function entryDigest({ origin, sequence, previous, fact }: Entry): Digest {
  const collected = collectedOf(fact);
  if (collected !== undefined) return collected.digest;
  return digestOf({ origin, sequence, previous, fact });
}

interface Log {
  readonly entries: Entry[];
  head: Digest;
}

/** Room for origin, sequence and previous in a frame. */
const entryOverhead = 400;

export class EntryLogs {
  readonly #logs = new Map<string, Log>();

  /** Adds entries that are durable and contiguous. */
  add(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const log = this.#logs.get(entry.origin);
      if (log === undefined) this.#logs.set(entry.origin, { entries: [entry], head: '' });
      else {
        log.entries.push(entry);
        log.head = '';
      }
    }
  }

  /** Puts tombstones in the places of entries held; no digest changes by it. */
  collect(tombstones: readonly Entry[]): void {
    for (const tombstone of tombstones) {
      const log = this.#logs.get(tombstone.origin);
      if (log?.entries[tombstone.sequence - 1] !== undefined) log.entries[tombstone.sequence - 1] = tombstone;
    }
  }

  /** 0 when nothing of the origin is here. */
  sequence(origin: string): number {
    return this.#logs.get(origin)?.entries.length ?? 0;
  }

  origins(): readonly string[] {
    return [...this.#logs.keys()];
  }

  /** How far each log is held, except those of `without`. */
  positions(without: ReadonlySet<string>): ReadonlyMap<string, number> {
    return new Map(
      this.origins()
        .filter((origin) => !without.has(origin))
        .map((origin) => [origin, this.sequence(origin)]),
    );
  }

  holds(positions: ReadonlyMap<string, number>): boolean {
    return Iterator.from(positions).every(([origin, sequence]) => this.sequence(origin) >= sequence);
  }

  /** Is anything here that others than `node` wrote? */
  hasForeign(node: NodeId): boolean {
    return this.origins().some((origin) => !origin.startsWith(`${node}/`));
  }

  /** Of an entry held here; 64 zeros for 0, undefined for one not held. */
  digestAt(origin: string, sequence: number): Digest | undefined {
    if (sequence === 0) return noPredecessor;
    const log = this.#logs.get(origin);
    const entry = log?.entries[sequence - 1];
    if (log === undefined || entry === undefined) return undefined;
    const next = log.entries[sequence];
    if (next !== undefined) return next.previous;
    // Hashed when first asked for: most entries get a successor before anybody asks.
    if (log.head === '') log.head = entryDigest(entry);
    return log.head;
  }

  head(origin: string): Head | undefined {
    const sequence = this.sequence(origin);
    const digest = this.digestAt(origin, sequence);
    return sequence === 0 || digest === undefined ? undefined : { origin, sequence, digest };
  }

  heads(origins: Iterable<string> = this.#logs.keys()): Head[] {
    return Iterator.from(origins)
      .map((origin) => this.head(origin))
      .filter((head) => head !== undefined)
      .toArray();
  }

  /** Entries of `origin` after `sequence`, in order. */
  *after(origin: string, sequence: number): Generator<Entry> {
    const log = this.#logs.get(origin);
    if (log === undefined) return;
    for (let position = sequence; position < log.entries.length; position += 1) yield log.entries[position] as Entry;
  }
}

/** As many of the entries as fit about `bytes`, at least one; `complete` when none is left. */
export function takeBatch(entries: Iterable<Entry>, bytes: number): { readonly entries: Entry[]; readonly complete: boolean } {
  const batch: Entry[] = [];
  let size = 0;
  for (const entry of entries) {
    const length = Buffer.byteLength(JSON.stringify(entry.fact)) + entryOverhead;
    if (batch.length > 0 && size + length > bytes) return { entries: batch, complete: false };
    batch.push(entry);
    size += length;
  }
  return { entries: batch, complete: true };
}
