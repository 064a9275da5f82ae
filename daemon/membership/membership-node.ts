/**
 * Membership over the messenger: heartbeats say who lives, records say what everyone has. A node's own record is
 * spread in batches of one short wait and passed on to those that its origin does not reach; new neighbours get everything.
 */
import type { NodeFacts } from '../../src/model/inventory.ts';
import type { NodeId, Term } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { Startable } from '../startable.ts';
import type { BeatCarrier } from '../wire/beat-carrier.ts';
import type { Messenger } from '../wire/messenger.ts';
import { Credence } from './credence.ts';
import { Heart } from './heart.ts';
import type { MemberRecord } from './member-record.ts';
import { type Change, MemberTable } from './member-table.ts';
import type { Member, Membership } from './membership.ts';
import { Neighbours } from './neighbours.ts';
import { batches, isBelievable, type MembershipMessage, maximumSeen, membershipProtocol, nodeFactsSchema } from './protocol.ts';
import { Pulse } from './pulse.ts';
import { RecordSpread } from './record-spread.ts';

/** Not having been heard of for this many heartbeats means that others have given this node up meanwhile. */
const lateBeatsOfSleep = 6;

/** How long others wait for a node that restarts before they place its tasks again. */
const returnsMs = 20_000;

export type Pace = 'busy' | 'idle';

export interface MembershipOptions {
  /** The node's own facts at its start; revisions are counted here. */
  readonly facts: Omit<NodeFacts, 'revision'>;
  /** Milliseconds between heartbeats while the node works or coordinates work. Default 250. */
  readonly busyMs?: number;
  /** Milliseconds between heartbeats otherwise. Default 2000. */
  readonly idleMs?: number;
  /** Was the node removed from the cluster? */
  isExpelled?(id: NodeId): boolean;
}

export interface MembershipNeeds {
  readonly messenger: Messenger;
  readonly clock: Clock;
  /** Heartbeats of a thread of their own; without them they are messages of the main loop. */
  readonly beats?: BeatCarrier;
}

export class MembershipNode implements Membership, Startable {
  readonly self: NodeId;
  readonly #needs: MembershipNeeds;
  readonly #paces: { readonly [pace in Pace]: number };
  readonly #neighbours: Neighbours;
  readonly #heart: Heart;
  readonly #table: MemberTable;
  readonly #credence: Credence;
  readonly #pulse: Pulse;
  readonly #listeners: ((change: Change) => void)[] = [];
  readonly #sleepListeners: ((lateMs: number) => void)[] = [];
  readonly #spread: RecordSpread;
  #pace: Pace = 'idle';
  #term: Term | undefined;
  #own: MemberRecord;
  #beatAt = 0;
  #state: 'new' | 'running' | 'over' = 'new';

  constructor(options: MembershipOptions, needs: MembershipNeeds) {
    this.self = options.facts.id;
    this.#needs = needs;
    this.#paces = { busy: options.busyMs ?? 250, idle: options.idleMs ?? 2000 };
    this.#neighbours = new Neighbours(this.self);
    this.#heart = new Heart({
      clock: needs.clock,
      neighbours: this.#neighbours,
      beats: needs.beats,
      say: (peer, intervalMs) => this.#send(peer, { type: 'beat', intervalMs }),
    });
    this.#table = new MemberTable({ self: this.self, isExpelled: (id) => options.isExpelled?.(id) === true, changed: (change) => this.#tell(change) });
    this.#credence = new Credence(needs);
    this.#spread = new RecordSpread(this.self, {
      clock: needs.clock,
      record: (origin) => this.#table.record(origin),
      peers: () => this.#neighbours.ids(),
      send: (peer, records) => this.#sendRecords(peer, records),
    });
    const interval = () => Math.min(this.#paces[this.#pace], this.#neighbours.shortestPromise());
    this.#pulse = new Pulse({ interval, turn: (lateMs) => this.#turn(lateMs) }, needs);
    this.#own = { facts: nodeFactsSchema.parse({ ...options.facts, revision: 1 }), left: false, sees: [], watchers: [] };
    this.#table.merge(this.#own, needs.clock.now());
    needs.messenger.serve(membershipProtocol, { onMessage: (from, message) => this.#receive(from, message) });
    needs.messenger.onPeer(({ type, peer }) => (type === 'connected' ? this.#connected(peer) : this.#disconnected(peer)));
  }

  /** Until then it listens but says nothing: peers do not count on a node that is not ready. */
  async start(): Promise<void> {
    this.#state = 'running';
    this.#spread.stop();
    for (const peer of this.#needs.messenger.connected()) this.#connected(peer);
    this.#pulse.restart();
  }

  /** Stops without a word, as a crash would; call `leave` before to say goodbye. */
  async stop(): Promise<void> {
    this.#state = 'over';
    this.#heart.end();
    this.#pulse.stop();
    this.#spread.stop();
  }

  members(): readonly Member[] {
    return this.#table.members();
  }

  member(id: NodeId): Member | undefined {
    return this.#table.member(id);
  }

  reachable(): readonly Member[] {
    return this.members().filter(({ reachability }) => reachability === 'alive' || reachability === 'suspect');
  }

  missedBeats(id: NodeId): number {
    return this.#neighbours.missedBeats(id, this.#needs.clock.now());
  }

  onChange(listener: (change: Change) => void): void {
    this.#listeners.push(listener);
  }

  /** Called with the milliseconds that this node was out of the world: others have given it up meanwhile. */
  onSleep(listener: (lateMs: number) => void): void {
    this.#sleepListeners.push(listener);
  }

  /** Throws a ZodError when the facts are outside the bounds of the protocol. */
  update(changes: Partial<Pick<NodeFacts, 'inventory' | 'paused' | 'addresses' | 'name'>>): void {
    const facts = nodeFactsSchema.parse({ ...this.#own.facts, ...changes });
    if (JSON.stringify(facts) !== JSON.stringify(this.#own.facts)) this.#revise({ facts });
  }

  /** Heartbeats come faster while work depends on this node, so that its loss is seen sooner. */
  setPace(pace: Pace): void {
    if (this.#pace === pace) return;
    this.#pace = pace;
    if (this.#state !== 'running') return;
    this.#beat(true);
    this.#pulse.restart();
  }

  /** Every heartbeat and batch from now on tells of it. */
  announceTerm(term: Term): void {
    this.#term = term;
    this.#table.learnTerm(this.self, term);
  }

  /** Tells everybody that this node goes away on purpose; `restarting`: its tasks go on, and it is back in a moment. Nothing is sent after it. */
  leave(how: 'for-good' | 'restarting' = 'for-good'): void {
    if (this.#state !== 'running') return;
    this.#revise(how === 'restarting' ? { left: true, returnsMs } : { left: true });
    this.#spread.now();
    this.#state = 'over';
    this.#heart.end();
    this.#pulse.stop();
  }

  #revise(changes: Partial<MemberRecord>): void {
    const record = { ...this.#own, ...changes };
    this.#own = { ...record, facts: { ...record.facts, revision: this.#own.facts.revision + 1 } };
    this.#table.merge(this.#own, this.#needs.clock.now());
    this.#spread.soon(this.self, this.self);
  }

  #sendRecords(peer: NodeId, records: readonly MemberRecord[]): void {
    for (const batch of batches(records)) this.#send(peer, { type: 'news', records: batch });
  }

  #send(peer: NodeId, message: MembershipMessage): void {
    if (this.#state !== 'running') return;
    this.#needs.messenger.send(peer, membershipProtocol, this.#term === undefined ? message : { ...message, term: this.#term });
  }

  #beat(toAll = false): void {
    const intervalMs = this.#paces[this.#pace];
    this.#beatAt = this.#needs.clock.now() + intervalMs;
    this.#heart.beat(intervalMs, toAll);
  }

  #turn(lateMs: number): void {
    const now = this.#needs.clock.now();
    // A little early counts as due: the pulse may run at a neighbour's faster pace.
    if (now >= this.#beatAt - this.#paces.busy / 2) this.#beat();
    const absentMs = this.#heart.judge(lateMs);
    this.#conclude();
    if (absentMs >= lateBeatsOfSleep * this.#paces.busy) for (const listener of this.#sleepListeners) listener(absentMs);
  }

  #receive(from: NodeId, message: MembershipMessage): void {
    if (this.#state === 'over') return;
    const now = this.#needs.clock.now();
    let news = false;
    if (message.type === 'beat') {
      news = this.#neighbours.promised(from, message.intervalMs);
      if (news && this.#state === 'running') this.#pulse.restart();
    } else {
      for (const record of message.records) news = this.#learn(record, from, now) || news;
    }
    news = this.#neighbours.heard(from, now) || news;
    if (news) this.#conclude();
    if (message.term !== undefined && !this.#credence.isWorker(from)) this.#table.learnTerm(from, message.term);
  }

  #learn(told: MemberRecord, from: NodeId, now: number): boolean {
    const { id, incarnation, revision } = told.facts;
    if (id !== from && (!isBelievable(told) || this.#credence.isWorker(from))) return false;
    if (id !== this.self) {
      // Whoever is connected speaks for itself.
      if (id !== from && this.#neighbours.has(id) && this.#table.record(id) !== undefined) return false;
      const isNew = this.#table.merge(this.#credence.certified(told), now, id === from);
      if (isNew) this.#spread.soon(id, from);
      return isNew;
    }
    const own = this.#own.facts;
    // Somebody holds more of us than we ever said: an earlier life under a clock that has been turned back. Outlive it.
    if (incarnation > own.incarnation || (incarnation === own.incarnation && (told.left || revision > own.revision))) {
      this.#revise({ facts: { ...own, incarnation: incarnation + 1 } });
    }
    return false;
  }

  #connected(peer: NodeId): void {
    if (this.#state === 'over') return;
    const before = this.#neighbours.watchers();
    this.#neighbours.connected(peer, this.#needs.clock.now(), this.#paces.idle);
    this.#sendRecords(peer, this.#table.records());
    this.#tellWatchers(peer, before);
    this.#conclude();
  }

  #disconnected(peer: NodeId): void {
    if (this.#state === 'over' || !this.#neighbours.has(peer)) return;
    const before = this.#neighbours.watchers();
    this.#neighbours.disconnected(peer);
    this.#tellWatchers(undefined, before);
    this.#conclude();
  }

  /** Says to new watchers, and to `peer`, when to expect heartbeats, and to former ones that there will be none. */
  #tellWatchers(peer: NodeId | undefined, before: readonly NodeId[]): void {
    const watchers = new Set(this.#neighbours.watchers());
    const changed = new Set([...before, ...watchers].filter((id) => watchers.has(id) !== before.includes(id)));
    if (peer !== undefined) changed.add(peer);
    for (const id of changed) this.#send(id, { type: 'beat', intervalMs: watchers.has(id) ? this.#paces[this.#pace] : 0 });
  }

  #conclude(): void {
    this.#table.conclude((id) => (id === this.self ? 'alive' : this.#neighbours.opinionOf(id)), this.#needs.clock.now());
    const sees = [...this.#table.reachableIds()].sort().slice(0, maximumSeen);
    const all = this.#neighbours.watchers().length === this.#neighbours.ids().length;
    const watchers = all ? [] : [...this.#neighbours.watchers()].sort();
    const same = (one: readonly NodeId[], other: readonly NodeId[]) => one.length === other.length && one.every((id, place) => id === other[place]);
    if (same(sees, this.#own.sees) && same(watchers, this.#own.watchers)) return;
    const lost = this.#own.sees.some((id) => !sees.includes(id));
    this.#revise({ sees, watchers });
    // Others wait for this with their failover.
    if (lost) this.#spread.now();
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}
