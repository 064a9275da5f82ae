/**
 * One term's standing with the voters: asks them to grant it, merges what they know, and keeps it renewed. Safe whatever the
 * clocks do, because a voter never goes back behind a term it granted; the lease only adds that no two coordinators act at one time.
 */
import type { NodeId, Term } from '../../src/model/job.ts';
import { compareTerms } from '../../src/model/term.ts';
import { compareVoters, isMajority, type Voter, type Voters } from '../../src/model/voters.ts';
import type { Timer } from '../clock.ts';
import { AskLanes, type Granted } from './ask-lanes.ts';
import { Confirmations } from './confirmations.ts';
import type { TermStanding } from './leadership.ts';
import type { Clock, Messenger, SeatMemory } from './needs.ts';
import { isPlausible } from './plausible.ts';
import { type Answers, grantOf, hasRecord, isRenewedSince, mayActForAll } from './tally.ts';
import type { VotingSeat } from './voting-seat.ts';

export interface QuorumOptions {
  readonly self: NodeId;
  readonly term: Term;
  readonly leaseMs: number;
  /** Between rounds of renewing while work is open, and otherwise. */
  readonly busyMs: number;
  readonly idleMs: number;
}

export interface QuorumNeeds {
  readonly clock: Clock;
  readonly messenger: Pick<Messenger, 'request'>;
  readonly memory: SeatMemory;
  readonly seat: VotingSeat;
  /** Membership takes the node for lost: what it said last no longer counts for people. */
  isLost(node: NodeId): boolean;
  /** A voter has granted a higher term. */
  outbid(by: Term): void;
  /** Whether the term is quorate, or who counts, may have changed; `news` when there is a record of the voters to be told to everybody. */
  changed(news: Voters | undefined): void;
}

const answerMs = 1_000;
const mergeMs = 5_000;

export class Quorum {
  readonly term: Term;
  readonly #options: QuorumOptions;
  readonly #needs: QuorumNeeds;
  readonly #lanes: AskLanes;
  readonly #answers: Answers = (node) => this.#lanes.answer(node);
  readonly #confirmations: Confirmations;
  /** The record that counts; of this term once it was written in it. */
  #record: Voters | undefined;
  /** The next record while it is not yet with a majority of both. */
  #pending: Voters | undefined;
  #writing = false;
  #established = false;
  readonly #merged = new Set<string>();
  readonly #merging = new Set<NodeId>();
  #pace: 'busy' | 'idle';
  #round: Timer | undefined;
  #over = false;

  constructor(options: QuorumOptions & { readonly pace: 'busy' | 'idle' }, needs: QuorumNeeds) {
    this.term = options.term;
    this.#options = options;
    this.#needs = needs;
    this.#pace = options.pace;
    this.#record = needs.seat.voters();
    this.#lanes = new AskLanes({ self: options.self, answerMs }, { ...needs, answered: (node, answer) => this.#answered(node, answer) });
    this.#confirmations = new Confirmations({ clock: needs.clock, isConfirmed: (after, counts) => this.#isConfirmed(after, counts) });
  }

  /** Who is there has changed. */
  look(): void {
    if (!this.#over) this.#needs.changed(undefined);
  }

  /** Asks at once, and then at its pace. */
  begin(): void {
    this.#renew();
  }

  end(): void {
    this.#over = true;
    this.#lanes.end();
    this.#round?.cancel();
    this.#confirmations.end();
  }

  setPace(pace: 'busy' | 'idle'): void {
    if (this.#pace === pace) return;
    this.#pace = pace;
    if (!this.#over) this.#renew();
  }

  quorate(): boolean {
    return this.#standsBy((voter) => this.#isRenewed(voter, this.#options.leaseMs));
  }

  /** As `quorate`, but between two sparse rounds what the last one said still holds of voters that are there. */
  standing(): TermStanding {
    return this.#standingWithin(Math.max(this.#options.leaseMs, 2.5 * this.#paceMs()));
  }

  /** As `standing`, but voters that have said nothing for the length of a lease are asked, and count if they answer within `waitMs`. */
  async standingNow(waitMs: number): Promise<TermStanding> {
    const { leaseMs } = this.#options;
    if (!(this.#newest()?.voters ?? []).every((voter) => this.#isRenewed(voter, leaseMs))) {
      const { asked } = this.#lanes;
      this.#askAll();
      await this.#lanes.granted(this.#targets(), asked, waitMs);
    }
    return this.#standingWithin(leaseMs);
  }

  #standingWithin(milliseconds: number): TermStanding {
    const voters = this.#newest()?.voters ?? [];
    const isHere = (voter: Voter): boolean => this.#isRenewed(voter, milliseconds) && !this.#needs.isLost(voter.node);
    // Whoever coordinates reaches itself, also before its own disk has granted the term.
    const { self } = this.#options;
    const isSelf = ({ node, store }: Voter): boolean => node === self && store === this.#needs.memory.storeId();
    const reachable = voters.filter((voter) => isSelf(voter) || isHere(voter)).length;
    return { quorate: this.#standsBy(isHere), reachable, voters: voters.length };
  }

  /** See Leadership. */
  confirm(counts: (voter: NodeId) => boolean): Promise<boolean> {
    if (this.#over || !this.quorate()) return Promise.resolve(false);
    const confirmed = this.#confirmations.wait(this.#lanes.asked, new Set(this.#targets().filter(counts)), answerMs);
    this.#askAll();
    return confirmed;
  }

  /** The record in force while no change of it is under way and the term is quorate: then it may be changed. */
  changeable(): Voters | undefined {
    return this.#pending === undefined && !this.#writing && this.quorate() ? this.#record : undefined;
  }

  /** What the voter said its store is, when it answered; undefined before. */
  storeOf(node: NodeId): string | undefined {
    return this.#lanes.answer(node)?.store;
  }

  /** One voter more or less than `changeable()`, or the very same: then it is known to be with a majority. In force once a majority of both has it on disk. */
  async change(voters: readonly Voter[]): Promise<void> {
    const before = this.changeable();
    if (before === undefined) return;
    const underWay = voters === before.voters ? {} : { forced: true as const };
    await this.#write({ number: before.number + 1, term: this.#options.term, voters, ...underWay }, (record) => {
      this.#pending = record;
    });
  }

  /** An admin's word stands for the majority that cannot be asked. */
  async force(voters: readonly Voter[]): Promise<void> {
    const before = this.#newest();
    const forced = before === undefined ? {} : { forced: true as const };
    await this.#write({ number: (before?.number ?? 0) + 1, term: this.#options.term, voters, ...forced }, (record) => this.#startFrom(record));
  }

  /** Somebody told of a newer record. */
  learn(voters: Voters): void {
    const newest = this.#newest();
    if (this.#over || !isPlausible(voters, newest) || (newest !== undefined && compareVoters(voters, newest) <= 0)) return;
    if (compareTerms(voters.term, this.#options.term) > 0) {
      this.#needs.outbid(voters.term);
      return;
    }
    this.#startFrom(voters);
    this.#askAll();
  }

  /** From the start: a record that did not come by a majority of the one before. */
  #startFrom(record: Voters): void {
    this.#record = record;
    this.#pending = undefined;
    this.#established = false;
  }

  #newest(): Voters | undefined {
    return this.#pending ?? this.#record;
  }

  #paceMs(): number {
    return this.#pace === 'busy' ? this.#options.busyMs : this.#options.idleMs;
  }

  #renew(): void {
    this.#round?.cancel();
    this.#round = this.#needs.clock.after(this.#paceMs(), () => this.#renew());
    this.#askAll();
    // Time alone may have ended it.
    this.#needs.changed(undefined);
  }

  #targets(): readonly NodeId[] {
    return [...new Set([...(this.#record?.voters ?? []), ...(this.#pending?.voters ?? [])].map(({ node }) => node))];
  }

  #askAll(): void {
    const newest = this.#newest();
    const { term } = this.#options;
    const voters = newest !== undefined && compareTerms(newest.term, term) === 0 ? { voters: newest } : {};
    for (const node of this.#targets()) this.#lanes.ask(node, { type: 'ask', term, ...voters });
  }

  #answered(node: NodeId, answer: Granted | { readonly type: 'outbid'; readonly by: Term }): void {
    if (this.#over) return;
    if (answer.type === 'outbid') {
      this.#needs.outbid(answer.by);
      return;
    }
    if (answer.voters !== undefined) this.learn(answer.voters);
    void this.#merge(node, answer.store);
    this.#advance();
  }

  /** It has granted this term, so whatever it renewed in a lower one is on its disk by now. */
  async #merge(node: NodeId, store: string): Promise<void> {
    const key = `${node}/${store}`;
    if (this.#merged.has(key) || this.#merging.has(node)) return;
    this.#merging.add(node);
    const complete = node === this.#options.self || (await this.#needs.memory.catchUpFrom(node, mergeMs).catch(() => false));
    this.#merging.delete(node);
    if (!complete || this.#over) return;
    this.#merged.add(key);
    this.#advance();
  }

  #advance(): void {
    const record = this.#record;
    if (record === undefined || this.#over) return;
    const { term } = this.#options;
    if (compareTerms(record.term, term) > 0) {
      // Written in a term that this node has forgotten, maybe its own: in a lower one it could not be written anew.
      this.#needs.outbid(record.term);
      return;
    }
    if (compareTerms(record.term, term) !== 0) {
      // All that a majority has is known: write it anew in this term, so that no earlier coordinator's unfinished change can come back.
      if (mayActForAll(this.#answers, record.voters, (voter) => grantOf(this.#answers, voter) !== undefined))
        void this.#write({ ...record, term }, (own) => {
          // A newer one may have been told of meanwhile.
          if (this.#record === record) this.#record = own;
        });
      return;
    }
    const wasEstablished = this.#established;
    const isMerged = ({ node, store }: Voter): boolean => this.#merged.has(`${node}/${store}`);
    const isWith = ({ voters }: Voters, what: Voters): boolean => mayActForAll(this.#answers, voters, (voter) => hasRecord(this.#answers, voter, what));
    this.#established ||= isWith(record, record) && mayActForAll(this.#answers, record.voters, isMerged);
    const pending = this.#pending;
    const changed = pending !== undefined && isWith(record, pending) && isWith(pending, pending);
    if (changed) {
      this.#record = pending;
      this.#pending = undefined;
    }
    this.#confirmations.look();
    this.#needs.changed(changed || wasEstablished !== this.#established ? this.#record : undefined);
  }

  /** On this node's disk before anybody is asked to have it. A disk that fails is tried again with the next answers. */
  async #write(record: Voters, then: (record: Voters) => void): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    const saved = await this.#needs.seat.learn(record).catch(() => false);
    this.#writing = false;
    if (!saved || this.#over) return;
    then(record);
    this.#askAll();
  }

  #standsBy(counts: (voter: Voter) => boolean): boolean {
    if (this.#over || !this.#established || this.#record === undefined) return false;
    return [this.#record, this.#pending ?? this.#record].every(({ voters }) => mayActForAll(this.#answers, voters, counts));
  }

  #isRenewed(voter: Voter, milliseconds: number): boolean {
    return isRenewedSince(this.#answers, voter, this.#needs.clock.now() - milliseconds);
  }

  #isConfirmed(after: number, counts: ReadonlySet<NodeId>): boolean {
    const counted = (voter: Voter): boolean => counts.has(voter.node) && (grantOf(this.#answers, voter)?.asked ?? 0) > after;
    return this.quorate() && [this.#record, this.#pending ?? this.#record].every((record) => isMajority(record?.voters ?? [], counted));
  }
}
