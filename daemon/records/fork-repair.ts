/**
 * After a fork (a store restored from a backup wrote before it met its peers) two logs have one name, and each node keeps
 * the one it has. What they say is true all the same: whoever meets the other log says again under its own name the facts
 * of it that it does not know, so that both sides' facts come to everybody.
 */
import { compareValues } from '../../src/model/compare.ts';
import type { Entry } from '../../src/model/facts.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { Messenger } from '../wire/messenger.ts';
import type { EntryLogs } from './entry-logs.ts';
import { type AnyFact, readFact } from './fact-schema.ts';
import { type Head, recordsProtocol } from './protocol.ts';

const requestMs = 10_000;
/** Nodes look one after the other, so that what the first says again spares the others the same. */
const placeMs = 500;
const mostPlaces = 10;
/** At one time; the peers' next heads start the others. */
const mostUnderWay = 32;
/** Forms of logs that were looked at, and stay known. */
const mostKnown = 4_096;
/** Logs part near their ends: the search for the last common entry begins so far back, and then further and further. */
const firstStep = 64;
/** Asked for after this sequence nothing is sent. */
const endOfLog = Number.MAX_SAFE_INTEGER;

export interface ForkRepairNeeds {
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly logs: EntryLogs;
  /** Appends to this node's own log. */
  say(facts: readonly AnyFact[]): Promise<unknown>;
}

const nameOf = ({ origin, sequence, digest }: Head): string => `${origin} ${sequence} ${digest}`;

export class ForkRepair {
  readonly #needs: ForkRepairNeeds;
  /** Forms of logs that were looked at, or are being looked at. */
  readonly #seen = new Set<string>();
  readonly #repaired = new Set<string>();
  #over = false;

  constructor(needs: ForkRepairNeeds) {
    this.#needs = needs;
  }

  stop(): void {
    this.#over = true;
  }

  /** Are all facts of that form of the log on this disk? */
  isRepaired(head: Head): boolean {
    return this.#repaired.has(nameOf(head));
  }

  /** The peer holds another log under the origin than this node. Told again and again while it does. */
  noticed(peer: NodeId, head: Head): void {
    const name = nameOf(head);
    if (this.#seen.has(name) || this.#seen.size - this.#repaired.size >= mostUnderWay) return;
    for (const oldest of this.#repaired) if (this.#repaired.size >= mostKnown) this.#forget(oldest);
    this.#seen.add(name);
    const { messenger, clock } = this.#needs;
    const place = [messenger.self, ...messenger.connected()].sort().indexOf(messenger.self);
    const repair = async (): Promise<void> => {
      await this.#repair(peer, head.origin);
      if (!this.#over) this.#repaired.add(name);
    };
    clock.after(Math.min(place, mostPlaces) * placeMs, () => {
      // Whatever was in the way, the peer's next heads start it again.
      if (!this.#over) repair().catch(() => this.#seen.delete(name));
    });
  }

  #forget(name: string): void {
    this.#repaired.delete(name);
    this.#seen.delete(name);
  }

  async #repair(peer: NodeId, origin: string): Promise<void> {
    const theirs = await this.#branch(peer, origin);
    const isKnown = this.#known();
    const readings = theirs.map(({ fact }) => readFact(fact)).filter((reading) => reading.kind === 'fact' || reading.kind === 'cluster');
    const facts = readings.map(({ fact }) => fact).filter((fact) => !isKnown(fact));
    if (facts.length > 0 && !this.#over) await this.#needs.say(facts);
  }

  /** The peer's entries of the origin after the last one that both have; maybe some common ones too. */
  async #branch(peer: NodeId, origin: string): Promise<readonly Entry[]> {
    const { logs } = this.#needs;
    const held = logs.sequence(origin);
    for (let step = firstStep; ; step *= 4) {
      const from = Math.max(0, held - step);
      const entries = await this.#entriesAfter(peer, origin, from);
      if (from === 0 || entries[0]?.previous === logs.digestAt(origin, from)) return entries;
    }
  }

  async #entriesAfter(peer: NodeId, origin: string, sequence: number): Promise<readonly Entry[]> {
    const { logs, messenger } = this.#needs;
    const others = logs.origins().flatMap((other) => (other === origin ? [] : [{ origin: other, sequence: endOfLog }]));
    const entries: Entry[] = [];
    for (;;) {
      const after = [...others, { origin, sequence: sequence + entries.length }];
      const reply = await messenger.request(peer, recordsProtocol, { type: 'pull', after }, requestMs);
      if (reply.type !== 'entries') return entries;
      const more = reply.entries.filter((entry) => entry.origin === origin);
      entries.push(...more);
      if (reply.complete) return entries;
      // Full of logs that are not known here yet: the ordinary pull brings those first.
      if (more.length === 0) throw new Error('there is more to pull before the fork can be looked at');
    }
  }

  /** Built when it is needed: forks are rare. */
  #known(): (fact: AnyFact) => boolean {
    const { logs } = this.#needs;
    const keyOf = ({ type, at, job }: { readonly type: string; readonly at: number; readonly job?: string }): string => `${type} ${job} ${at}`;
    const byKey = Map.groupBy(
      Iterator.from(logs.origins()).flatMap((origin) => logs.after(origin, 0)),
      ({ fact }) => keyOf(fact as AnyFact),
    );
    return (fact) => byKey.get(keyOf(fact))?.some((entry) => compareValues(entry.fact, fact) === 0) === true;
  }
}
