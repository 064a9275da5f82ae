/** The job records of this node: its own log, the logs of everybody else, and the states folded from them. */
import type { Entry, Fact } from '../../src/model/facts.ts';
import type { HostId, JobId, NodeId, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { compareTerms } from '../../src/model/term.ts';
import type { Seat } from '../../src/model/voters.ts';
import type { Timer } from '../clock.ts';
import type { Startable } from '../startable.ts';
import { Collector } from './collector.ts';
import { Copies } from './copies.ts';
import { EntryLogs } from './entry-logs.ts';
import { Inbox } from './inbox.ts';
import { type FactListener, JobBook } from './job-book.ts';
import type { FactStore, Journal, JournalQuestions, Positions, RecordsGaps, RecordsProblem, SeatMemory, Stored } from './journal.ts';
import type { JournalNeeds, JournalOptions } from './journal-needs.ts';
import { OwnLog } from './own-log.ts';
import { PeerHeads } from './peer-heads.ts';
import { recordsProtocol } from './protocol.ts';
import { Reminders } from './reminders.ts';
import { Replication } from './replication.ts';
import { Standbys } from './standbys.ts';
import { StoreHealth } from './store-health.ts';
import type { Trouble } from './trouble.ts';
import { isUnsure } from './unsure.ts';

const defaultWaitMs = 5_000;
/** A node that was restored from a backup must hear from its peers how far its log went before it writes; alone, it waits no longer than this. */
const listenFirstMs = 1_000;

/** Construct before the network starts (it serves a protocol); everything else may be asked after `start`. */
export class JournalNode implements Journal, SeatMemory, JournalQuestions, Startable {
  readonly #options: JournalOptions;
  readonly #needs: JournalNeeds;
  readonly #logs = new EntryLogs();
  readonly #book: JobBook;
  readonly #heads: PeerHeads;
  readonly #inbox: Inbox;
  readonly #copies: Copies;
  readonly #standbys: Standbys;
  readonly #reminders: Reminders;
  readonly #store: StoreHealth;
  readonly #collector: Collector;
  readonly #onCollect: ((facts: readonly Fact[]) => Promise<void>)[] = [];
  readonly #heard = Promise.withResolvers<void>();
  readonly #open = Promise.withResolvers<void>();
  #own: OwnLog | undefined;
  #replication: Replication | undefined;
  #savedTerm: Term | undefined;
  #seat: Seat = {};
  #isSeatInDoubt = false;
  #lostAt: number | undefined;
  #listening: Timer | undefined;

  constructor(options: JournalOptions, needs: JournalNeeds) {
    const onTrouble = (trouble: Trouble): void => options.onTrouble?.(trouble);
    const landed = (entries: readonly Entry[]): void => this.#foreignLanded(entries);
    const { messenger, membership, clock } = needs;
    const store = new StoreHealth({ store: needs.store, clock, onTrouble, changed: () => options.onHealth?.(store.problems()) });
    this.#store = store;
    this.#options = options;
    this.#needs = needs;
    this.#book = new JobBook({ onTrouble });
    this.#collector = new Collector({
      ...{ store, clock, logs: this.#logs, isRemoved: (job) => this.#book.jobs.get(job)?.removed === true },
      collecting: async (facts) => {
        for (const listener of this.#onCollect) await listener(facts);
      },
    });
    this.#heads = new PeerHeads({ logs: this.#logs, isForked: (origin) => this.#inbox.forked.has(origin) });
    this.#inbox = new Inbox({ store, logs: this.#logs, ownOrigin: () => this.#ownLog().origin, landed, onTrouble });
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
    this.#savedTerm = highestTerm;
    this.#seat = seat ?? {};
    this.#lostAt = lostAt;
    this.#logs.add(entries);
    this.#book.load(entries);
    this.#lookForRemoved(entries);
    const mayWrite = this.#heard.promise;
    const own = new OwnLog(
      { node: messenger.self, storeId, mayWrite },
      {
        store,
        logs: this.#logs,
        landed: (landed) => this.#ownLanded(landed),
        renewed: (before, after) => {
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

  async append(facts: readonly Fact[], waitMs = defaultWaitMs): Promise<Stored> {
    const position = await this.#ownLog().append(facts);
    const stored = await this.#copies.wait(position, waitMs);
    return { ...stored, positions: new Map([[position.origin, position.sequence]]) };
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
    this.#onCollect.push(listener);
  }

  highestTerm(): Term | undefined {
    const seen = this.#book.highestTerm();
    if (seen === undefined || this.#savedTerm === undefined) return seen ?? this.#savedTerm;
    return compareTerms(seen, this.#savedTerm) > 0 ? seen : this.#savedTerm;
  }

  async saveTerm(term: Term): Promise<void> {
    await this.#store.saveTerm(term);
    if (this.#savedTerm === undefined || compareTerms(term, this.#savedTerm) > 0) this.#savedTerm = term;
  }

  seat(): Seat {
    return this.#seat;
  }

  async saveSeat(seat: Seat): Promise<void> {
    try {
      await this.#store.saveSeat(seat);
    } catch (error) {
      this.#isSeatInDoubt ||= isUnsure(error);
      throw error;
    }
    this.#isSeatInDoubt = false;
    this.#seat = seat;
  }

  isSeatInDoubt(): boolean {
    return this.#isSeatInDoubt;
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
    const known = this.#logs.origins().filter((origin) => !this.#inbox.forked.has(origin));
    return new Map(known.map((origin) => [origin, this.#logs.sequence(origin)]));
  }

  holds(node: NodeId, positions: Positions): boolean {
    const self = this.#needs.messenger.self;
    const reached = (origin: string): number => (node === self ? this.#logs.sequence(origin) : (this.#heads.sequence(node, origin) ?? 0));
    return Iterator.from(positions).every(([origin, sequence]) => reached(origin) >= sequence);
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
    const { gaps } = this.#replicating();
    const self = `${this.#needs.messenger.self}/`;
    const { quietSince, unheardSince } = gaps;
    const isUnheard = unheardSince !== undefined && this.#logs.origins().some((origin) => !origin.startsWith(self));
    return { isBehind: gaps.any(), quietSince, ...(isUnheard ? { unheardSince } : {}), ...(this.#lostAt === undefined ? {} : { lostAt: this.#lostAt }) };
  }

  problems(): readonly RecordsProblem[] {
    return this.#store.problems();
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

  /** Of a removed job everything goes, also what arrives after the removal. */
  #lookForRemoved(entries: readonly Entry[]): void {
    if (entries.some(({ fact }) => this.#book.isOfRemoved(fact))) this.#collector.look();
  }

  #ownLanded(entries: readonly Entry[]): void {
    this.#book.fold(entries);
    this.#lookForRemoved(entries);
    this.#replication?.push(new Set(entries.map(({ fact }) => this.#book.submitterOf(fact))));
  }

  #foreignLanded(entries: readonly Entry[]): void {
    this.#book.fold(entries);
    this.#lookForRemoved(entries);
    this.#replication?.landed(entries);
  }
}
