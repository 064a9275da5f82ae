/**
 * Brings entries to the peers and theirs here. The owner of a log pushes; whatever that misses is pulled by whoever
 * learns from a peer's heads (told on connect, every 10 s or, in a large cluster, 60 s, and soon after new entries landed) that it lacks something.
 * In a large cluster only standbys and a job's submitter are pushed to; the standbys tell everybody else that there is something to pull.
 */
import { SupervmError } from '../../src/model/errors.ts';
import type { Entry } from '../../src/model/facts.ts';
import type { HostId, NodeId } from '../../src/model/job.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Messenger } from '../wire/messenger.ts';
import type { Copies } from './copies.ts';
import { type EntryLogs, takeBatch } from './entry-logs.ts';
import { ForkRepair } from './fork-repair.ts';
import type { Inbox } from './inbox.ts';
import { KnownGaps } from './known-gaps.ts';
import type { MembershipView } from './needs.ts';
import type { OwnLog } from './own-log.ts';
import type { PeerHeads } from './peer-heads.ts';
import { batchBytes, type Head, type Heads, type RecordsReply, type RecordsRequest, recordsProtocol } from './protocol.ts';
import { Pulls } from './pulls.ts';
import type { Standbys } from './standbys.ts';

const tellAllMs = 10_000;
/** With this many peers only a sixth of them is told each time: what an idle node says must not grow with the cluster. */
const largeCluster = 16;
const parts = 6;
/** Peers that are not connected to an entry's owner hear of it from us this late. */
const tellNewsMs = 1_000;
const requestMs = 10_000;

export interface ReplicationNeeds {
  readonly messenger: Messenger;
  readonly membership: MembershipView;
  readonly clock: Clock;
  readonly logs: EntryLogs;
  readonly heads: PeerHeads;
  readonly inbox: Inbox;
  readonly own: OwnLog;
  readonly copies: Copies;
  readonly standbys: Standbys;
  /** A peer told all its heads. */
  heard(): void;
  /** A peer told what it has on disk. */
  told(from: NodeId, heads: readonly Head[]): void;
}

export class Replication {
  readonly #host: HostId;
  readonly #needs: ReplicationNeeds;
  readonly #repair: ForkRepair;
  readonly #pulls: Pulls;
  /** What peers told of and is not here. */
  readonly gaps: KnownGaps;
  /** Pushes under way; forgotten with the connection. */
  readonly #pushing = new Map<NodeId, { readonly peer: NodeId }>();
  readonly #news = new Set<string>();
  #newsTimer: Timer | undefined;
  #tellTimer: Timer | undefined;
  #round = 0;
  #standbysSeen = 0;
  #wasStandby = true;
  #running = false;

  constructor(options: { readonly host: HostId }, needs: ReplicationNeeds) {
    this.#host = options.host;
    this.#needs = needs;
    this.#pulls = new Pulls({ ...needs, foundFork: (peer) => this.#lookAtForks(peer) });
    needs.membership.onChange(() => this.#lookAtStandbys());
    this.#repair = new ForkRepair({ ...needs, say: (facts) => needs.own.appendAll(facts) });
    this.gaps = new KnownGaps({ ...needs, isRepaired: (head) => this.#repair.isRepaired(head) });
  }

  start(): void {
    this.#running = true;
    const { clock, messenger } = this.#needs;
    this.#tellTimer = clock.every(tellAllMs, () => this.#tellEverybody());
    // Peers that connected while the store was loading.
    for (const peer of messenger.connected()) this.connected(peer);
  }

  stop(): void {
    this.#running = false;
    this.#tellTimer?.cancel();
    this.#newsTimer?.cancel();
    this.#pulls.stop();
    this.#repair.stop();
  }

  connected(peer: NodeId): void {
    if (!this.#running) return;
    if (!this.#isWorker(peer)) this.gaps.connected(peer);
    this.#needs.messenger.send(peer, recordsProtocol, this.#heads(true));
  }

  disconnected(peer: NodeId): void {
    this.#needs.heads.forget(peer);
    this.gaps.disconnected(peer);
    this.#pulls.forget(peer);
    this.#pushing.delete(peer);
    this.#needs.copies.check();
  }

  /** A peer says what it has on disk. */
  told(from: NodeId, told: Heads): void {
    const { heads, inbox, own, copies, standbys, messenger } = this.#needs;
    if (!this.#running) return;
    const news = heads.record(from, told, own.origin);
    if (this.#isWorker(from)) {
      this.#toldByWorker(from, told);
      return;
    }
    this.gaps.told(from, told);
    this.#needs.told(from, told.heads);
    for (const fork of news.forks) inbox.reportFork(fork.origin, fork.sequence, from);
    for (const head of told.heads) if (inbox.forked.has(head.origin)) this.#lookAtFork(from, head);
    if (news.knowsOwnBetter) void own.renew(own.origin).then(() => this.#pulls.from(from));
    if (told.whole) this.#needs.heard();
    copies.check();
    void this.#push(from);
    if (news.hasMore && (told.whole || standbys.isSource(from, messenger.connected()))) void this.#pulls.from(from);
  }

  /** It may have what it says; nobody takes any of it, or believes that he lacks it or has another form of his own log. */
  #toldByWorker(from: NodeId, { whole }: Heads): void {
    if (whole) this.#needs.heard();
    this.#needs.copies.check();
    void this.#push(from);
  }

  #isWorker(peer: NodeId): boolean {
    return this.#needs.messenger.roleOf?.(peer) === 'worker';
  }

  /** As far as the peer told; of what it has told since the fork was noticed `told` sees to. */
  #lookAtForks(peer: NodeId): void {
    for (const head of this.#needs.heads.unlike(peer)) this.#repair.noticed(peer, head);
  }

  #lookAtFork(peer: NodeId, head: Head): void {
    const { logs } = this.#needs;
    if (logs.digestAt(head.origin, head.sequence) !== head.digest) this.#repair.noticed(peer, head);
  }

  async answer(from: NodeId, request: RecordsRequest): Promise<RecordsReply> {
    if (!this.#running) throw new SupervmError('peer-refused', 'the records are not open');
    if (request.type === 'pull') return this.#entriesAfter(new Map(request.after.map(({ origin, sequence }) => [origin, sequence])));
    const { inbox, heads } = this.#needs;
    const verdict = await inbox.take(from, request.entries);
    heads.gave(from, request.entries, inbox.forked);
    if (verdict.gaps.size > 0) void this.#pulls.from(from);
    return { type: 'stored', held: this.#heads(false, new Set(request.entries.map((entry) => entry.origin))) };
  }

  /** Own entries about jobs of these submitters are durable: the standbys and the submitters are to have them, or everybody. */
  push(submitters: ReadonlySet<NodeId | undefined>, { everybody }: { readonly everybody: boolean }): void {
    const { messenger, standbys, own } = this.#needs;
    const peers = messenger.connected();
    for (const peer of everybody ? peers : standbys.toPush(peers, submitters)) void this.#push(peer);
    if (!standbys.areAll()) this.#tellSoon([own.origin]);
  }

  /** Foreign entries are durable: peers that may not hear of them from their owner are told soon. */
  landed(entries: readonly Entry[]): void {
    this.#tellSoon(entries.map((entry) => entry.origin));
  }

  /** In a large cluster only the standbys tell. */
  #tellSoon(origins: readonly string[]): void {
    if (!this.#running || origins.length === 0 || !this.#needs.standbys.has(this.#needs.messenger.self)) return;
    for (const origin of origins) this.#news.add(origin);
    this.#newsTimer ??= this.#needs.clock.after(tellNewsMs, () => this.#tellNews());
  }

  /** Resolves when every connected peer that can answer has given what it knew more, or failed to, or `waitMs` passed. */
  catchUp(waitMs: number, peers = this.#needs.messenger.connected()): Promise<void> {
    return this.#pulls.fromAll(peers, waitMs);
  }

  /** As `catchUp`, of those that this node has its news from; at once on a standby. */
  async refresh(waitMs: number): Promise<void> {
    const { messenger, standbys } = this.#needs;
    if (!standbys.has(messenger.self)) await this.catchUp(waitMs, standbys.sources(messenger.connected()));
  }

  /** Resolves true when the connected peer has given all that it had on disk after the call. */
  async catchUpFrom(peer: NodeId, waitMs: number): Promise<boolean> {
    return (await this.#pulls.whole(peer, waitMs)) && !this.#isLeftOut(peer);
  }

  /** Of logs that a pull leaves out: has the peer what is not known here, as far as it told? */
  #isLeftOut(peer: NodeId): boolean {
    const { heads, own } = this.#needs;
    return !heads.hasTold(peer) || own.isStale || heads.unlike(peer).some((head) => !this.#repair.isRepaired(head));
  }

  #heads(whole: boolean, origins?: Iterable<string>): Heads {
    return { host: this.#host, whole, heads: this.#needs.logs.heads(origins) };
  }

  #tellEverybody(): void {
    const { messenger } = this.#needs;
    const peers = messenger.connected();
    const heads = this.#heads(true);
    this.#round += 1;
    this.#lookAtStandbys();
    for (const [place, peer] of peers.entries()) {
      if (peers.length < largeCluster || (place + this.#round) % parts === 0) messenger.send(peer, recordsProtocol, heads);
    }
  }

  /** What was pushed to those before may have been lost with them; and who becomes a standby gets now what it missed. */
  #lookAtStandbys(): void {
    const { messenger, standbys } = this.#needs;
    const version = standbys.version();
    if (!this.#running || version === this.#standbysSeen) return;
    this.#standbysSeen = version;
    const peers = messenger.connected();
    for (const peer of standbys.toPush(peers, new Set())) void this.#push(peer);
    const isStandby = standbys.has(messenger.self);
    if (isStandby && !this.#wasStandby) for (const peer of peers) if (standbys.has(peer)) void this.#pulls.from(peer);
    this.#wasStandby = isStandby;
  }

  #tellNews(): void {
    const { heads, logs, messenger } = this.#needs;
    this.#newsTimer = undefined;
    const origins = [...this.#news];
    this.#news.clear();
    for (const peer of messenger.connected()) {
      const news = origins.filter((origin) => (heads.sequence(peer, origin) ?? 0) < logs.sequence(origin));
      if (news.length > 0) messenger.send(peer, recordsProtocol, this.#heads(false, news));
    }
  }

  #entriesAfter(after: ReadonlyMap<string, number>): RecordsReply {
    const { logs } = this.#needs;
    const missing = logs.origins().toSorted();
    const entries = Iterator.from(missing).flatMap((origin) => logs.after(origin, after.get(origin) ?? 0));
    return { type: 'entries', ...takeBatch(entries, batchBytes) };
  }

  /** One request at a time: entries that come meanwhile go together in the next. */
  async #push(peer: NodeId): Promise<void> {
    const { heads, logs, messenger, own, copies } = this.#needs;
    if (this.#pushing.has(peer)) return;
    const push = { peer };
    this.#pushing.set(peer, push);
    try {
      for (;;) {
        const { origin } = own;
        const held = heads.sequence(peer, origin);
        if (!this.#running || held === undefined || held >= logs.sequence(origin)) return;
        const { entries } = takeBatch(logs.after(origin, held), batchBytes);
        const reply = await messenger.request(peer, recordsProtocol, { type: 'push', entries }, requestMs);
        if (reply.type !== 'stored' || this.#pushing.get(peer) !== push) return;
        heads.record(peer, reply.held, own.origin);
        if (!this.#isWorker(peer)) this.#needs.told(peer, reply.held.heads);
        copies.check();
        if ((heads.sequence(peer, origin) ?? 0) <= held) return;
      }
    } catch {
      // Unreachable or refused (its disk is full): its next heads, within 10 s, start this again.
    } finally {
      if (this.#pushing.get(peer) === push) this.#pushing.delete(peer);
    }
  }
}
