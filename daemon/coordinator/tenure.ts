/** One term of coordinating, from taking over to losing it. Nothing of it outlives the term. */

import { sameAttempt } from '../../src/model/attempt.ts';
import type { Ended, Fact } from '../../src/model/facts.ts';
import type { AttemptName, JobId, NodeId, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { jobIsFinished, jobTally } from '../../src/model/phase.ts';
import { failedTasks } from '../../src/model/standing.ts';
import { sameTerm } from '../../src/model/term.ts';
import type { Timer } from '../clock.ts';
import type { CoordinationReply, FailureNotice, Offer } from '../wire/coordination-protocol.ts';
import type { Holdings } from '../wire/work-protocol.ts';
import type { JobOverview, WaitingReason } from './coordination.ts';
import { CutOff } from './cut-off.ts';
import { FactBatch } from './fact-batch.ts';
import { failuresToName } from './failures-to-name.ts';
import { later, ResultKeeper } from './keep-result.ts';
import type { CoordinatorNeeds } from './needs.ts';
import { NodeRests } from './node-rests.ts';
import { snapshotNodes } from './node-snapshots.ts';
import { OnceOnly } from './once-only.ts';
import type { CoordinatorOptions } from './options.ts';
import { overviewOf, reasonsOf } from './overview.ts';
import { Placing } from './placing.ts';
import { reconcile } from './reconcile.ts';
import { renewLeases } from './renew-leases.ts';
import { Roster } from './roster.ts';
import { Settling } from './settling.ts';
import { Silences } from './silences.ts';
import { Census } from './takeover.ts';

export interface TenureOptions extends CoordinatorOptions {
  readonly term: Term;
  /** When this daemon began, clock milliseconds. */
  readonly startedAt: number;
}

export class Tenure {
  readonly term: Term;
  readonly #options: TenureOptions;
  readonly #needs: CoordinatorNeeds;
  readonly #roster: Roster;
  readonly #rests: NodeRests;
  readonly #facts: FactBatch;
  readonly #keeper: ResultKeeper;
  readonly #placing: Placing;
  readonly #census: Census;
  readonly #onceOnly: OnceOnly;
  readonly #cutOff: CutOff;
  readonly #silences: Silences;
  /** `job/generation` of outcomes being written. */
  readonly #ending = new Set<string>();
  /** The incarnation in which each node was last seen. */
  readonly #greeted = new Map<NodeId, number>();
  #sweeping: Timer | undefined;
  #ready = false;
  #over = false;

  constructor(options: TenureOptions, needs: CoordinatorNeeds) {
    this.term = options.term;
    this.#options = options;
    this.#needs = needs;
    const isMine = (): boolean => this.#isMine();
    this.#onceOnly = new OnceOnly(options, needs);
    this.#cutOff = new CutOff(options, needs);
    this.#roster = new Roster(options, { ...needs, onceOnly: this.#onceOnly, cutOff: this.#cutOff });
    this.#rests = new NodeRests(options);
    this.#silences = new Silences(options, { ...needs, lose: (node) => this.#lose(node) });
    this.#census = new Census(options, needs);
    this.#facts = new FactBatch(options, { ...needs, settling: new Settling(options, { ...needs, isMine }) });
    this.#keeper = new ResultKeeper(options, { ...needs, facts: this.#facts, isMine });
    this.#placing = new Placing(options, { ...needs, roster: this.#roster, rests: this.#rests, isMine });
  }

  /**
   * Learns what the peers know more and what runs, then places. Until then every offer is answered `later`. `farewells`: the last words of
   * nodes, which count for those that are restarting.
   */
  async begin(farewells: ReadonlyMap<NodeId, Holdings>): Promise<void> {
    const { journal, clock } = this.#needs;
    // A disk that cannot take what others know is no reason not to coordinate with what is known.
    await journal.catchUp(this.#options.catchUpMs).catch(() => undefined);
    const census = this.#over ? new Map<NodeId, Holdings>() : await this.#census.take();
    if (this.#over) return;
    this.#ready = true;
    for (const state of journal.jobs().values()) this.#roster.refresh(state);
    this.#cutOff.look();
    for (const [node, holdings] of farewells) if (this.#restarts(node)) this.#reconcile(node, holdings);
    for (const [node, holdings] of census) this.#reconcile(node, holdings);
    for (const state of journal.jobs().values()) this.#endIfFinished(state);
    this.#placing.soon();
    this.#sweeping = clock.every(this.#options.leaseMs / 4, () => this.#sweep());
  }

  end(): void {
    this.#over = true;
    this.#sweeping?.cancel();
    this.#silences.end();
    this.#placing.end();
  }

  learn(fact: Fact, state: JobState): void {
    if (!this.#ready || this.#over) return;
    this.#roster.refresh(state);
    if (fact.type === 'result-kept') this.#learnResult(fact);
    if (fact.type === 'result-lost') this.#roster.board(fact.job)?.lose(fact.attempt);
    if (fact.type === 'attempt-failed' && this.#roster.release(fact.attempt) !== undefined && fact.failure.blameNode) {
      this.#placing.soon(this.#rests.failed(fact.attempt.node, fact.failure, this.#needs.clock.now()));
    }
    this.#endIfFinished(state);
    this.#placing.soon();
  }

  hear(node: NodeId, holdings: Holdings): void {
    if (!this.#ready || this.#over) return;
    this.#reconcile(node, holdings);
    this.#placing.soon();
  }

  /** The once-only attempts of the worker that it may go on with, until their lease counted from the sending of its request. */
  renew(node: NodeId, holdings: Holdings): AttemptName[] {
    if (!this.#ready || this.#over || !this.#isMine()) return [];
    return renewLeases(node, holdings, this.#options, { ...this.#needs, roster: this.#roster, onceOnly: this.#onceOnly });
  }

  /** A node came, went, was paused or changed: attempts on one that is lost are placed again. One that restarts, or has, says itself what it still has. */
  look(node: NodeId): void {
    const member = this.#needs.membership.member(node);
    const isLost = member === undefined || member.reachability === 'unreachable' || member.reachability === 'left';
    if (isLost) this.#census.giveUp(node);
    if (!this.#ready || this.#over) return;
    if (isLost) this.#silences.miss(node);
    else this.#greet(node, member.facts.incarnation);
    this.#cutOff.look();
    this.#placing.soon();
  }

  #lose(node: NodeId): void {
    for (const tracked of this.#roster.attempts.ofNode(node)) this.#roster.lose(tracked.attempt);
    this.#placing.soon();
  }

  /** Nobody could renew the leases of a node while it was restarting: it gets the time to say what it has. */
  #greet(node: NodeId, incarnation: number): void {
    this.#silences.hear(node);
    if (this.#greeted.get(node) === incarnation) return;
    this.#greeted.set(node, incarnation);
    const until = this.#needs.clock.now() + this.#options.leaseMs;
    for (const tracked of this.#roster.attempts.ofNode(node)) tracked.leaseUntil = Math.max(tracked.leaseUntil, until);
  }

  #restarts(node: NodeId): boolean {
    return this.#needs.membership.member(node)?.reachability === 'restarting';
  }

  /** Voters renewed the term, or ceased to. */
  stand(): void {
    this.#onceOnly.look();
    if (!this.#ready || this.#over) return;
    this.#cutOff.look();
    this.#placing.soon();
  }

  async offer(offer: Offer): Promise<CoordinationReply> {
    if (!this.#ready || this.#over) return later('the coordinator is taking over');
    this.#finished(offer);
    return this.#keeper.keep(offer);
  }

  async failed(notice: FailureNotice): Promise<CoordinationReply> {
    if (!this.#ready || this.#over) return later('the coordinator is taking over');
    this.#finished(notice);
    const { attempt, failure } = notice;
    const board = this.#roster.board(attempt.job);
    // Nobody reachable has the inputs: not a failure of the task, which waits until somebody with them is back.
    if (failure.code === 'file-missing' && failure.blameNode && board !== undefined) {
      board.missInputs(this.#needs.clock.now() + this.#options.inputsMissingMs);
      this.#roster.release(attempt);
      this.#placing.soon(this.#options.inputsMissingMs);
      return { type: 'noted' };
    }
    return this.#keeper.fail(notice);
  }

  overview(job: JobId | undefined): JobOverview[] {
    const { journal, clock } = this.#needs;
    const boards = this.#roster.boards().filter((board) => job === undefined || board.id === job);
    return boards.flatMap((board) => {
      const state = journal.job(board.id);
      return state === undefined ? [] : [overviewOf(board, state, this.#roster, clock.now())];
    });
  }

  why(job: JobId): WaitingReason[] {
    const now = this.#needs.clock.now();
    const board = this.#roster.board(job);
    const nodes = snapshotNodes({ ...this.#needs, attempts: this.#roster.attempts, rests: this.#rests }, now);
    return board === undefined ? [] : reasonsOf(board, nodes, now);
  }

  #isMine(): boolean {
    const { leadership } = this.#needs;
    return !this.#over && leadership.isMine() && sameTerm(leadership.current(), this.term);
  }

  #learnResult({ job, attempt }: Extract<Fact, { type: 'result-kept' }>): void {
    const result = this.#needs.journal.job(job)?.results.get(`${attempt.step}/${attempt.index}`);
    if (result !== undefined) this.#roster.board(job)?.learn(result);
    this.#rests.worked(attempt.node);
    const others = this.#roster.attempts.ofTask(job, attempt.step, attempt.index).map((tracked) => tracked.attempt);
    this.#roster.attempts.remove(attempt);
    this.#roster.stop(others.filter((other) => !sameAttempt(other, attempt)));
  }

  #reconcile(node: NodeId, holdings: Holdings): void {
    reconcile(node, holdings, this.#options, { ...this.#needs, roster: this.#roster });
  }

  /** Its resources are free for the next attempt, whatever becomes of its result. */
  #finished({ attempt }: Offer | FailureNotice): void {
    const tracked = this.#roster.attempts.get(attempt);
    if (tracked === undefined) return;
    tracked.state = 'finished';
    this.#placing.soon();
  }

  /** Now and then: places again what no worker names any more, and writes outcomes that the disk refused before. */
  #sweep(): void {
    const now = this.#needs.clock.now();
    const expired = this.#roster.attempts.all().filter((tracked) => tracked.leaseUntil < now && !this.#restarts(tracked.attempt.node));
    for (const tracked of expired) this.#roster.lose(tracked.attempt);
    // Holds end with time.
    this.#onceOnly.look();
    this.#cutOff.look();
    this.#placing.soon();
    for (const state of this.#needs.journal.jobs().values()) this.#endIfFinished(state);
  }

  #endIfFinished(state: JobState): void {
    const key = `${state.id}/${state.generation}`;
    if (state.ended.has(state.generation) || this.#ending.has(key)) return;
    const outcome = jobIsFinished(state);
    if (outcome === undefined) return;
    this.#ending.add(key);
    const { kept } = jobTally(state);
    const { id: job, generation } = state;
    const ended: Ended = {
      type: 'ended',
      job,
      at: this.#needs.clock.wall(),
      generation,
      outcome,
      term: this.term,
      kept,
      failed: failuresToName(failedTasks(state)),
    };
    const stillTrue = (): boolean => this.#isMine() && !this.#needs.journal.job(job)?.ended.has(generation);
    // A disk that failed is tried again at the next sweep; the job stays open till then.
    this.#facts
      .append(ended, stillTrue)
      .catch(() => undefined)
      .finally(() => this.#ending.delete(key));
  }
}
