/**
 * Claims the coordinator's seat when nobody reachable holds it. A claim is the highest number seen + 1, on disk before
 * it is used or told; whoever hears of a higher term follows it. Safety does not depend on there being one coordinator:
 * two sides of a partition have one each, and the higher term stays when they meet.
 */
import type { NodeId, Term } from '../../src/model/job.ts';
import { hasRecordRoom } from '../../src/model/resources.ts';
import { compareTerms, sameTerm } from '../../src/model/term.ts';
import type { Timer } from '../clock.ts';
import type { Startable } from '../startable.ts';
import { type Candidate, mustGiveWay, rankCandidates } from './elect-coordinator.ts';
import type { Leadership } from './leadership.ts';
import type { ElectionNeeds } from './needs.ts';
import { electionProtocol } from './protocol.ts';

export interface ElectionOptions {
  readonly self: NodeId;
  /** After a start or a sleep, milliseconds to hear of a sitting coordinator before the seat is claimed. Default 1500. */
  readonly settleMs?: number;
  /** How long the next in rank gives the one before it. Default 400 ms. */
  readonly staggerMs?: number;
}

export class Election implements Leadership, Startable {
  readonly #options: Required<ElectionOptions>;
  readonly #needs: ElectionNeeds;
  readonly #listeners: ((term: Term | undefined) => void)[] = [];
  /** The highest term seen. */
  #highest: Term | undefined;
  /** Claimed in this life and on disk; nobody has outbid it. */
  #mine: Term | undefined;
  #told: Term | undefined;
  #settledAt = Number.POSITIVE_INFINITY;
  #claiming = false;
  /** When the seat was found empty. */
  #vacantSince: number | undefined;
  #attempt: Timer | undefined;
  #running = false;

  constructor(options: ElectionOptions, needs: ElectionNeeds) {
    this.#options = { settleMs: 1500, staggerMs: 400, ...options };
    this.#needs = needs;
    needs.messenger.serve(electionProtocol, { onMessage: (from, { term }) => this.#hear(from, term) });
    needs.messenger.onPeer(({ type, peer }) => {
      if (type === 'connected' && this.#highest !== undefined) needs.messenger.send(peer, electionProtocol, { type: 'term', term: this.#highest });
    });
    needs.membership.onChange(({ member }) => {
      if (member.term !== undefined) this.#learn(member.term);
      this.#consider();
    });
    needs.membership.onSleep(() => this.#stepDown());
  }

  /** Call once the records are loaded. */
  async start(): Promise<void> {
    this.#running = true;
    const known = this.#needs.terms.highestTerm();
    if (known !== undefined) this.#learn(known);
    this.#settleAnew();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#mine = undefined;
    this.#attempt?.cancel();
    this.#attempt = undefined;
  }

  current(): Term | undefined {
    const term = this.#highest;
    if (term === undefined) return undefined;
    if (term.node === this.#options.self) return this.isMine() ? term : undefined;
    return this.#lives(term.node) && !mustGiveWay(term.node, this.#candidates()) ? term : undefined;
  }

  isMine(): boolean {
    return this.#mine !== undefined && sameTerm(this.#mine, this.#highest);
  }

  onChange(listener: (term: Term | undefined) => void): void {
    this.#listeners.push(listener);
  }

  /** A coordinator that others reach and only we do not keeps its seat, or two nodes without a link would outbid each other for ever. */
  #lives(node: NodeId): boolean {
    const member = this.#needs.membership.member(node);
    if (member === undefined) return false;
    return member.reachability === 'alive' || member.reachability === 'suspect' || member.witnessed === true;
  }

  #hear(from: NodeId, term: Term): void {
    this.#learn(term);
    const outbid = this.#highest !== undefined && compareTerms(this.#highest, term) > 0;
    if (outbid) this.#needs.messenger.send(from, electionProtocol, { type: 'term', term: this.#highest as Term });
    this.#consider();
  }

  #learn(term: Term): void {
    if (this.#highest !== undefined && compareTerms(term, this.#highest) <= 0) return;
    this.#highest = term;
    this.#needs.membership.announceTerm(term);
  }

  /** After a sleep others have gone on without us: listen first. */
  #stepDown(): void {
    this.#mine = undefined;
    if (this.#running) this.#settleAnew();
  }

  #settleAnew(): void {
    this.#settledAt = this.#needs.clock.now() + this.#options.settleMs;
    this.#consider();
  }

  /** Looks at the seat after anything changed: tells of a new coordinator, or plans a claim when the seat is empty. */
  #consider(): void {
    if (!this.#running) return;
    const current = this.current();
    if (!sameTerm(current, this.#told)) {
      this.#told = current;
      for (const listener of this.#listeners) listener(current);
    }
    this.#attempt?.cancel();
    this.#attempt = undefined;
    if (current !== undefined) this.#vacantSince = undefined;
    else if (!this.#claiming) this.#planClaim();
  }

  #planClaim(): void {
    const now = this.#needs.clock.now();
    this.#vacantSince ??= now;
    const at = Math.max(this.#vacantSince, this.#settledAt) + this.#place() * this.#options.staggerMs;
    this.#attempt = this.#needs.clock.after(at - now, () => void this.#claim());
  }

  /** How many reachable nodes go before us. */
  #place(): number {
    return Math.max(0, rankCandidates(this.#candidates()).indexOf(this.#options.self));
  }

  #candidates(): readonly Candidate[] {
    const { self } = this.#options;
    const alive = this.#needs.membership.members().filter(({ facts, reachability }) => facts.id === self || reachability === 'alive');
    return alive.map(({ facts }) => ({ node: facts.id, incarnation: facts.incarnation, hasRoom: hasRecordRoom(facts.inventory) }));
  }

  async #claim(): Promise<void> {
    const term: Term = { number: (this.#highest?.number ?? 0) + 1, node: this.#options.self };
    this.#claiming = true;
    const saved = await this.#needs.terms.saveTerm(term).then(
      () => true,
      () => false,
    );
    this.#claiming = false;
    if (!this.#running) return;
    // A disk that refuses leaves the seat to others for a while.
    if (!saved) this.#settledAt = this.#needs.clock.now() + this.#options.settleMs;
    const outbid = this.#highest !== undefined && compareTerms(term, this.#highest) <= 0;
    if (saved && !outbid && this.current() === undefined) this.#take(term);
    this.#consider();
  }

  #take(term: Term): void {
    this.#mine = term;
    this.#learn(term);
    for (const peer of this.#needs.messenger.connected()) this.#needs.messenger.send(peer, electionProtocol, { type: 'term', term });
  }
}
