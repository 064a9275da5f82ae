/** The records of this node: its own log, the logs of everybody else, and the states of jobs and of the cluster folded from them. */
import type { ClusterFact } from '../../src/model/cluster-facts.ts';
import type { ClusterState } from '../../src/model/cluster-state.ts';
import type { Entry, Fact } from '../../src/model/facts.ts';
import type { HostId, JobId, NodeId, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import type { Seat } from '../../src/model/voters.ts';
import type { Timer } from '../clock.ts';
import type { Startable } from '../startable.ts';
import { ClusterBook, type ClusterListener } from './cluster-book.ts';
import { concernsEverybody } from './cluster-fact-schema.ts';
import { Collector } from './collector.ts';
import { Copies } from './copies.ts';
import { EntryLogs } from './entry-logs.ts';
import type { AnyFact } from './fact-schema.ts';
import { Inbox } from './inbox.ts';
import { type FactListener, JobBook } from './job-book.ts';
import type { ClusterRecords, FactStore, Journal, JournalQuestions, Positions, RecordsGaps, RecordsProblem, SeatMemory, Stored } from './journal.ts';
import type { JournalNeeds, JournalOptions } from './journal-needs.ts';
import { KeptPromises } from './kept-promises.ts';
import { OwnLog } from './own-log.ts';
import { PeerHeads } from './peer-heads.ts';
import { recordsProtocol } from './protocol.ts';
import { Reminders } from './reminders.ts';
import { Replication } from './replication.ts';
import { Standbys } from './standbys.ts';
import { StoreHealth } from './store-health.ts';
import type { Trouble } from './trouble.ts';

const defaultWaitMs = 5_000;
/** A node that was restored from a backup must hear from its peers how far its log went before it writes; alone, it waits no longer than this. */
const listenFirstMs = 1_000;

/** Construct before the network starts (it serves a protocol); everything else may be asked after `start`. */
export class JournalNode implements Journal, ClusterRecords, SeatMemory, JournalQuestions, Startable {
  readonly #options: JournalOptions;
  readonly #needs: JournalNeeds;
  readonly #logs = new EntryLogs();
  readonly #cluster: ClusterBook;
  readonly #book: JobBook;
  readonly #heads: PeerHeads;
  readonly #inbox: Inbox;
  readonly #copies: Copies;
  readonly #standbys: Standbys;
  readonly #reminders: Reminders;
  readonly #store: StoreHealth;
  readonly #promises: KeptPromises;
  readonly #collector: Collector;
  readonly #heard = Promise.withResolvers<void>();
  readonly #open = Promise.withResolvers<void>();
  #own: OwnLog | undefined;
  #replication: Replication | undefined;
  #lostAt: number | undefined;
  #listening: Timer | undefined;

  constructor(options: JournalOptions, needs: JournalNeeds) {
    const onTrouble = (trouble: Trouble): void => options.onTrouble?.(trouble);
    const { messenger, membership, clock } = needs;
    const store = new StoreHealth({ store: needs.store, clock, onTrouble, changed: () => options.onHealth?.(store.problems()) });
    this.#store = store;
    this.#promises = new KeptPromises(store);
    this.#options = options;
    this.#needs = needs;
    this.#cluster = new ClusterBook({ verifies: needs.verifies, onTrouble });
    this.#book = new JobBook({ cluster: this.#cluster, onTrouble });
    this.#collector = new Collector({
      ...{ store, clock, logs: this.#logs, isRemoved: (job) => this.#book.jobs.get(job)?.removed === true, isVoid: (fact) => this.#cluster.isVoid(fact) },
    });
    this.#heads = new PeerHeads({ logs: this.#logs, isForked: (origin) => this.#inbox.forked.has(origin) });
    this.#inbox = new Inbox({ store, logs: this.#logs, ownOrigin: () => this.#ownLog().origin, landed: (entries) => this.#foreignLanded(entries), onTrouble });
    this.#standbys = new Standbys({ self: messenger.self, membership, lasting: () => needs.lasting?.() ?? [] });
    this.#copies = new Copies({ host: options.host }, { ...needs, heads: this.#heads });
    this.#reminders = new Reminders({
      ...{ messenger, logs: this.#logs, storeId: () => this.#own?.storeId },
      isVoter: () => needs.lasting?.().includes(messenger.self) === true,
      isOlder: (store) => void this.#own?.renew(`${messenger.self}/${store}`),
    });
    messenger.serve(recordsProtocol, {
      onMessage: (from, heads) => void this.#open.promise.then(() => this.#replicating().told(from, heads)),
      onRequest: (from, request) => this.#open.promise.then(() => this.#replicating().answer(from, request)),
    });
    messenger.onPeer(({ type, peer }) => (type === 'connected' ? this.#replication?.connected(peer) : this.#replication?.disconnected(peer)));
  }

  /** Loads and folds everything stored. Rejects as the store does (`records-damaged`, `disk-full`). */
  async start(): Promise<void> {
    const { messenger, membership, clock } = this.#needs;
    const store = this.#store;
    await store.start();
    const { storeId, entries, highestTerm, seat, lostAt } = await this.#load();
    this.#promises.load(highestTerm, seat);
    this.#lostAt = lostAt;
    this.#logs.add(entries);
    this.#book.load(entries);
    this.#lookForVoid(entries);
    const own = new OwnLog(
      { node: messenger.self, storeId, mayWrite: this.#heard.promise },
      {
        store,
        logs: this.#logs,
        landed: (landed) => this.#ownLanded(landed),
        renewed: (before, after) => {
          this.#heads.gaveUp(before);
          this.#lostAt = clock.wall();
          this.#options.onTrouble?.({ type: 'store-renewed', before, after });
        },
      },
    );
    this.#own = own;
    this.#replication = new Replication(
      { host: this.#options.host },
      {
        ...{ messenger, membership, clock, logs: this.#logs, heads: this.#heads, inbox: this.#inbox, own, copies: this.#copies, standbys: this.#standbys },
        heard: () => this.#hear(),
        told: (from, heads) => this.#reminders.told(from, heads),
      },
    );
    this.#replication.start();
    this.#listening = clock.after(listenFirstMs, this.#heard.resolve);
    this.#open.resolve();
  }

  /** Finishes what is being written; whoever waits for copies is told how many there are. */
  async stop(): Promise<void> {
    this.#replication?.stop();
    this.#listening?.cancel();
    this.#heard.resolve();
    await this.#own?.idle();
    await this.#inbox.idle();
    await this.#collector.stop();
    this.#copies.close();
    await this.#store.stop();
  }

  jobs(): ReadonlyMap<JobId, JobState> {
    return this.#book.jobs;
  }

  job(id: JobId): JobState | undefined {
    return this.#book.jobs.get(id);
  }

  append(facts: readonly Fact[], waitMs = defaultWaitMs): Promise<Stored> {
    return this.#append(facts, waitMs);
  }

  catchUp(waitMs: number): Promise<void> {
    return this.#replicating().catchUp(waitMs);
  }

  refresh(waitMs: number): Promise<void> {
    return this.#replicating().refresh(waitMs);
  }

  isStandby(node: NodeId): boolean {
    return this.#standbys.has(node);
  }

  onFact(listener: FactListener): void {
    this.#book.onFact(listener);
  }

  onCollect(listener: (facts: readonly Fact[]) => Promise<void>): void {
    this.#collector.onCollect(listener);
  }

  cluster(): ClusterState {
    return this.#cluster.state;
  }

  appendCluster(fact: ClusterFact, waitMs = defaultWaitMs): Promise<Stored> {
    return this.#append([fact], waitMs);
  }

  onCluster(listener: ClusterListener): void {
    this.#cluster.onFact(listener);
  }

  highestTerm(): Term | undefined {
    return this.#promises.highestTerm(this.#book.highestTerm());
  }

  saveTerm(term: Term): Promise<void> {
    return this.#promises.saveTerm(term);
  }

  seat(): Seat {
    return this.#promises.seat();
  }

  saveSeat(seat: Seat): Promise<void> {
    return this.#promises.saveSeat(seat);
  }

  isSeatInDoubt(): boolean {
    return this.#promises.isSeatInDoubt();
  }

  storeId(): string {
    return this.#ownLog().storeId;
  }

  renewStore(): Promise<void> {
    const own = this.#ownLog();
    return own.isStale ? own.retry() : own.renew(own.origin);
  }

  isStale(): boolean {
    return this.#ownLog().isStale;
  }

  heard(): Promise<void> {
    return this.#heard.promise.then(() => this.#reminders.settled());
  }

  catchUpFrom(peer: NodeId, waitMs: number): Promise<boolean> {
    return this.#replicating().catchUpFrom(peer, waitMs);
  }

  positions(): Positions {
    // Of a fork nobody can say who has which side of it.
    return this.#logs.positions(this.#inbox.forked);
  }

  holds(node: NodeId, positions: Positions): boolean {
    return node === this.#needs.messenger.self ? this.#logs.holds(positions) : this.#heads.holds(node, positions);
  }

  whenHeld(isEnough: () => boolean, waitMs: number): Promise<boolean> {
    return this.#copies.when(isEnough, waitMs);
  }

  nextClock(): number {
    return this.#book.nextClock();
  }

  copiesOf(job: JobId): readonly HostId[] {
    const positions = this.#book.positionsOf(job);
    // What this node has nothing of, everybody would have all of.
    return positions.size === 0 ? [] : this.#copies.of(positions);
  }

  gaps(): RecordsGaps {
    const known = this.#replicating().gaps.view(this.#logs.hasForeign(this.#needs.messenger.self));
    return this.#lostAt === undefined ? known : { ...known, lostAt: this.#lostAt };
  }

  problems(): readonly RecordsProblem[] {
    return this.#store.problems();
  }

  async #append(facts: readonly AnyFact[], waitMs: number): Promise<Stored> {
    const position = await this.#ownLog().append(facts);
    const stored = await this.#copies.wait(position, waitMs);
    return { ...stored, positions: new Map([[position.origin, position.sequence]]) };
  }

  async #load(): ReturnType<FactStore['load']> {
    try {
      return await this.#store.load();
    } catch (error) {
      await this.#store.stop();
      throw error;
    }
  }

  #ownLog(): OwnLog {
    if (this.#own === undefined) throw new Error('the journal was not started');
    return this.#own;
  }

  #replicating(): Replication {
    if (this.#replication === undefined) throw new Error('the journal was not started');
    return this.#replication;
  }

  /** Once every connected peer has told what it has, this log may be written. */
  #hear(): void {
    if (this.#needs.messenger.connected().every((peer) => this.#heads.hasTold(peer))) this.#heard.resolve();
  }

  /** Of a removed job everything goes, also what arrives after the removal; so does what other facts about the cluster made void. */
  #lookForVoid(entries: readonly Entry[]): void {
    if (this.#cluster.takeVoid() || entries.some(({ fact }) => this.#book.isOfRemoved(fact))) this.#collector.look();
  }

  #ownLanded(entries: readonly Entry[]): void {
    this.#book.fold(entries);
    this.#lookForVoid(entries);
    this.#replication?.push(new Set(entries.map(({ fact }) => this.#book.submitterOf(fact))), {
      everybody: entries.some(({ fact }) => concernsEverybody(fact)),
    });
  }

  #foreignLanded(entries: readonly Entry[]): void {
    this.#book.fold(entries);
    this.#lookForVoid(entries);
    this.#replication?.landed(entries);
  }
}
