/**
 * Claims the coordinator's seat when nobody reachable holds it. A claim is the highest number seen + 1, on disk before
 * it is used or told; whoever hears of a higher term follows it, but a quorate coordinator claims above it and stays. Two sides of a
 * partition have a coordinator each; at most one of the terms is quorate (quorum.ts), and the other is degraded.
 */
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId, Term } from '../../src/model/job.ts';
import { compareTerms, sameTerm } from '../../src/model/term.ts';
import type { Voters } from '../../src/model/voters.ts';
import type { Startable } from '../startable.ts';
import { Claims } from './claims.ts';
import { candidatesOf, livesIn, mustGiveWay } from './elect-coordinator.ts';
import { forgetVoter } from './forget-voter.ts';
import type { TermStanding, VotedLeadership } from './leadership.ts';
import type { ElectionNeeds } from './needs.ts';
import { type ElectionOptions, electionDefaults } from './options.ts';
import { isPlausible, PlausibleTerms } from './plausible.ts';
import { type ElectionMessage, type ElectionReply, type ElectionRequest, electionProtocol } from './protocol.ts';
import { Reign } from './reign.ts';
import { VotingSeat } from './voting-seat.ts';

/** Who looks at a status waits so long for the coordinator, and that for its voters. */
const standAnswerMs = 300;
const standWaitMs = 200;
/** What is wrong with a number that is too high. */
const noElection = 'no election leads to such a term';

export class Election implements VotedLeadership, Startable {
  readonly #options: Required<ElectionOptions>;
  readonly #needs: ElectionNeeds;
  readonly #seat: VotingSeat;
  readonly #claims: Claims;
  readonly #listeners: ((term: Term | undefined) => void)[] = [];
  readonly #plausible: PlausibleTerms;
  /** The highest term seen. */
  #highest: Term | undefined;
  /** Claimed in this life and on disk; nobody has outbid it. */
  #mine: Term | undefined;
  /** Of `#mine`. */
  #reign: Reign | undefined;
  /** What the coordinator of a term last said of it. */
  #said: { readonly term: Term; readonly standing: TermStanding } | undefined;
  #told = '';
  #pace: 'busy' | 'idle' = 'idle';
  #running = false;

  constructor(options: ElectionOptions, needs: ElectionNeeds) {
    this.#options = { ...electionDefaults, ...options };
    this.#needs = needs;
    this.#seat = new VotingSeat(this.#options, needs);
    this.#plausible = new PlausibleTerms(needs);
    this.#claims = new Claims(this.#options, {
      ...needs,
      isRunning: () => this.#running,
      highest: () => this.#highest,
      current: () => this.current(),
      isMine: () => this.isMine(),
      voters: () => this.voters(),
      take: (term) => this.#take(term),
      giveWay: (to) => this.#giveWay(to),
      consider: () => this.#consider(),
    });
    needs.messenger.serve(electionProtocol, {
      onMessage: (from, message) => this.#hear(from, message),
      onRequest: (from, request) => this.#answer(from, request),
    });
    needs.messenger.onPeer(({ type, peer }) => type === 'connected' && this.#running && this.#greet(peer));
    needs.membership.onChange(({ member }) => {
      if (member.term !== undefined) this.#learn(member.term);
      this.#reign?.quorum.look();
      this.#consider();
    });
    needs.membership.onSleep(() => this.#stepDown());
  }

  /** Call once the records are loaded. */
  async start(): Promise<void> {
    const { memory, messenger } = this.#needs;
    const { self, founding } = this.#options;
    this.#running = true;
    this.#seat.start();
    const first = { number: 1, term: { number: 0, node: self }, voters: [{ node: self, store: memory.storeId() }] };
    // A disk that is full now does not keep the node from starting.
    if (founding === 'now' && this.#seat.voters() === undefined) await this.#seat.learn(first).catch(() => undefined);
    for (const term of [memory.highestTerm(), this.#seat.granted()]) if (term !== undefined) this.#follow(term);
    for (const peer of messenger.connected()) this.#greet(peer);
    this.#settleAnew();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#mine = undefined;
    this.#claims.end();
    this.#leaveSeat();
  }

  /** Renewals come faster while work depends on the term. */
  setPace(pace: 'busy' | 'idle'): void {
    if (pace === this.#pace) return;
    this.#pace = pace;
    this.#reign?.quorum.setPace(pace);
  }

  current(): Term | undefined {
    const term = this.#highest;
    if (term === undefined) return undefined;
    if (term.node === this.#options.self) return this.isMine() ? term : undefined;
    return livesIn(this.#needs.membership, term.node) && !mustGiveWay(term.node, candidatesOf(this.#needs.membership)) ? term : undefined;
  }

  isMine(): boolean {
    return this.#mine !== undefined && sameTerm(this.#mine, this.#highest);
  }

  quorate(): boolean {
    return this.isMine() && this.#reign?.quorum.quorate() === true;
  }

  async confirm(counts: (voter: NodeId) => boolean): Promise<boolean> {
    return this.isMine() && (await this.#reign?.quorum.confirm(counts)) === true;
  }

  voters(): Voters | undefined {
    return this.#seat.voters();
  }

  standing(): TermStanding | undefined {
    const current = this.current();
    if (this.isMine()) return this.#reign?.quorum.standing();
    return sameTerm(current, this.#said?.term) ? this.#said?.standing : undefined;
  }

  async standingNow(): Promise<TermStanding | undefined> {
    if (this.isMine()) return this.#reign?.quorum.standingNow(standWaitMs);
    const term = this.current();
    const reply = term && (await this.#needs.messenger.request(term.node, electionProtocol, { type: 'stand' }, standAnswerMs).catch(() => undefined));
    return reply?.type === 'stands' ? reply.standing : undefined;
  }

  forget(node: NodeId, acceptLoss = false): Promise<Voters> {
    return forgetVoter({ node, acceptLoss }, this.isMine() ? this.#reign : undefined, { ...this.#needs, current: this.current(), voters: () => this.voters() });
  }

  onChange(listener: (term: Term | undefined) => void): void {
    this.#listeners.push(listener);
  }

  #hear(from: NodeId, message: ElectionMessage): void {
    switch (message.type) {
      case 'term': {
        this.#learnFrom(from, message.term);
        const outbid = this.#highest !== undefined && compareTerms(this.#highest, message.term) > 0;
        if (outbid) this.#needs.messenger.send(from, electionProtocol, { type: 'term', term: this.#highest as Term });
        this.#consider();
        return;
      }
      case 'voters':
        if (!isPlausible(message.voters, this.voters()) || !this.#plausible.believes(message.voters.term, this.#highest)) return;
        this.#reign?.quorum.learn(message.voters);
        void this.#seat.learn(message.voters).catch(() => undefined);
        return;
      case 'standing':
        if (from === message.term.node) {
          const { term, quorate, reachable, voters } = message;
          this.#said = { term, standing: { quorate, reachable, voters } };
        }
        this.#consider();
        return;
      case 'promised':
        if (this.#plausible.believes(message.term, this.#highest)) this.#seat.promises.hear(message);
        return;
      case 'resign':
        if (from === message.term.node) this.#seat.release(message.term);
        return;
      default:
        message satisfies never;
    }
  }

  async #answer(from: NodeId, request: ElectionRequest): Promise<ElectionReply> {
    if (!this.#running) throw new SupervmError('peer-refused', 'the election is not open');
    switch (request.type) {
      case 'ask':
        if (request.term.node !== from) throw new SupervmError('peer-refused', 'only who claimed a term may ask for it');
        if (!this.#plausible.believes(request.term, this.#highest)) throw new SupervmError('peer-refused', noElection);
        return this.#seat.ask(request);
      case 'look': {
        // Who sits with a disk that takes nothing must not keep others from taking over.
        const current = mustGiveWay(this.#options.self, candidatesOf(this.#needs.membership)) ? undefined : this.current();
        return { type: 'seat', store: this.#needs.memory.storeId(), ...(current === undefined ? {} : { current }) };
      }
      case 'stand': {
        const standing = this.isMine() ? await this.#reign?.quorum.standingNow(standWaitMs) : undefined;
        return { type: 'stands', ...(standing === undefined ? {} : { standing }) };
      }
      case 'forget':
        return { type: 'forgotten', voters: await this.forget(request.node, request.acceptLoss) };
      default:
        return request satisfies never;
    }
  }

  /** What a peer that is new here should know. */
  #greet(peer: NodeId): void {
    const { messenger } = this.#needs;
    if (this.#highest !== undefined) messenger.send(peer, electionProtocol, { type: 'term', term: this.#highest });
    const voters = this.voters();
    if (voters !== undefined) messenger.send(peer, electionProtocol, { type: 'voters', voters });
    if (this.isMine()) this.#reign?.tell(peer);
  }

  /** Throws when it is the peer's own claim, and no election leads there; what others pass on is not believed. */
  #learnFrom(peer: NodeId, term: Term): void {
    if (!this.#learn(term) && term.node === peer) throw new RangeError(noElection);
  }

  /** False when it cannot be true. */
  #learn(term: Term): boolean {
    if (!this.#plausible.believes(term, this.#highest)) return false;
    this.#follow(term);
    return true;
  }

  #follow(term: Term): void {
    if (this.#highest !== undefined && compareTerms(term, this.#highest) <= 0) return;
    // The degraded term of a side that comes back: claim above it and stay, unless this disk is full and another should take over.
    if (this.quorate() && term.node !== this.#options.self && !mustGiveWay(this.#options.self, candidatesOf(this.#needs.membership))) {
      this.#claims.above(term);
      return;
    }
    this.#giveWay(term);
  }

  #giveWay(term: Term): void {
    if (this.#highest !== undefined && compareTerms(term, this.#highest) <= 0) return;
    this.#highest = term;
    this.#needs.membership.announceTerm(term);
    if (!this.isMine()) this.#leaveSeat();
  }

  #leaveSeat(): void {
    const reign = this.#reign;
    this.#reign = undefined;
    reign?.end();
  }

  /** After a sleep others have gone on without us: listen first. */
  #stepDown(): void {
    this.#mine = undefined;
    this.#leaveSeat();
    if (!this.#running) return;
    this.#claims.returned();
    this.#consider();
  }

  #settleAnew(): void {
    this.#claims.settleAnew();
    this.#consider();
  }

  /** Looks at the seat after anything changed: tells of a new coordinator, or plans a claim when the seat is empty. */
  #consider(): void {
    if (!this.#running) return;
    const current = this.current();
    const told = JSON.stringify([current, this.quorate(), this.standing()]);
    if (told !== this.#told) {
      this.#told = told;
      for (const listener of this.#listeners) listener(current);
    }
    this.#claims.look();
  }

  #take(term: Term): void {
    const { self, leaseMs, renewBusyMs: busyMs, renewIdleMs: idleMs } = this.#options;
    this.#reign?.leave();
    this.#mine = term;
    this.#highest = term;
    this.#needs.membership.announceTerm(term);
    const outbid = (by: Term): void => {
      this.#learn(by);
      this.#consider();
    };
    const isLost = (node: NodeId): boolean => ['unreachable', 'left'].includes(this.#needs.membership.member(node)?.reachability ?? '');
    const reign = new Reign(
      { self, term, leaseMs, busyMs, idleMs, pace: this.#pace, founding: this.#options.founding },
      { ...this.#needs, seat: this.#seat, outbid, isLost, changed: () => this.#consider() },
    );
    this.#reign = reign;
    reign.begin();
  }
}
