/**
 * The worker's role, which every node has: takes attempts from the coordinator of the highest term, runs as many as fit,
 * and offers what they made until somebody answers. Its own records can stop it; losing the coordinator does not.
 */
import type { Fact } from '../../src/model/facts.ts';
import type { AttemptName, JobId, NodeId, Term } from '../../src/model/job.ts';
import { jobPhase } from '../../src/model/phase.ts';
import { stepOf } from '../../src/model/standing.ts';
import { compareTerms, sameTerm } from '../../src/model/term.ts';
import type { Timer } from '../clock.ts';
import type { Startable } from '../startable.ts';
import { coordinationProtocol } from '../wire/coordination-protocol.ts';
import { type Assignment, type Holdings, type RefusalReason, type WorkMessage, type WorkReply, type WorkRequest, workProtocol } from '../wire/work-protocol.ts';
import { isEndedBy, refusalOf } from './acceptance.ts';
import { type HeldTask, HeldTasks, newTask } from './attempts.ts';
import { AttemptsDelivery } from './attempts-delivery.ts';
import { type EndedRun, outcomeOf } from './attempts-outcome.ts';
import { Batches } from './batches.ts';
import { Leases } from './leases.ts';
import type { WorkerNeeds } from './needs.ts';
import { type WorkerOptions, workerDefaults } from './options.ts';
import type { LeftAttempt, RunningTask } from './task-runner.ts';

export interface WorkerLoad {
  readonly running: number;
  /** Of what runs, how long the longest has been running. */
  readonly longestMs: number;
  /** Ended, their result or failure not answered for yet. */
  readonly finished: number;
}

export class WorkerNode implements Startable {
  readonly #options: WorkerOptions;
  readonly #needs: WorkerNeeds;
  readonly #delivery: AttemptsDelivery;
  readonly #held = new HeldTasks();
  readonly #leases: Leases;
  /** Jobs that ran here since the start, for which the task runner may keep a session. */
  readonly #sessions = new Set<JobId>();
  /** Of the coordinators that spoke to this node. */
  #highestTerm: Term | undefined;
  readonly #batches = new Batches();
  #reporting: { readonly at: number; readonly timer: Timer } | undefined;
  #running = false;
  /** False once everything is given back. */
  #accepting = true;
  readonly #started = Promise.withResolvers<void>();
  readonly #over = new AbortController();

  /** Construct before the network starts: it serves its protocol from then on. */
  constructor(options: Partial<WorkerOptions>, needs: WorkerNeeds) {
    this.#options = { ...workerDefaults, ...options };
    this.#needs = needs;
    this.#delivery = new AttemptsDelivery(this.#options, needs);
    this.#leases = new Leases({
      ...needs,
      held: this.#held,
      holdings: () => this.#holdings(),
      onRenewed: () => this.#startWhatFits(),
      onEnded: (task) => this.#drop(task),
    });
    needs.messenger.serve(workProtocol, {
      onMessage: (from, message) => this.#stop(from, message),
      onRequest: (from, request) => this.#answer(from, request),
    });
    needs.journal.onFact((fact) => this.#learn(fact));
    needs.leadership.onChange(() => this.#report());
    needs.membership.onChange(({ member }) => member.facts.id === needs.membership.self && this.#lookAtSelf());
  }

  /** Takes up what an earlier life of this node left, as far as the records still want it. */
  async start(): Promise<void> {
    const { taskRunner, journal } = this.#needs;
    const { attempts, jobs } = taskRunner.left();
    this.#running = true;
    for (const left of attempts) this.#adopt(left);
    for (const job of jobs) {
      const state = journal.job(job);
      this.#sessions.add(job);
      if (state === undefined || !['active', 'paused'].includes(jobPhase(state))) this.#closeSessions(job);
    }
    this.#started.resolve();
    this.#leases.look();
    this.#report();
  }

  /** Leaves what runs, and results that are not answered for, to the task runner. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#reporting?.timer.cancel();
    this.#over.abort();
    this.#leases.stop();
    for (const task of this.#held.all()) if (task.running === undefined) this.#held.remove(task);
  }

  /** Before a stop after which this node is back in a moment: tells everybody what goes on here, for whoever coordinates then. Takes nothing more. */
  farewell(): void {
    const { membership, messenger } = this.#needs;
    this.#accepting = false;
    this.#dropQueued(() => true);
    const report = { type: 'report', holdings: this.#holdings() } as const;
    for (const { facts } of membership.reachable()) if (facts.id !== membership.self) messenger.send(facts.id, coordinationProtocol, report);
  }

  /** Ends what runs and returns it to the coordinator, who places it elsewhere; takes nothing more. Results that wait for an answer stay for the next start. */
  async giveBack(): Promise<void> {
    this.#accepting = false;
    const unfinished = this.#held.all().filter((task) => !task.finished);
    for (const task of unfinished) this.#drop(task);
    await Promise.all(unfinished.map((task) => task.running?.result));
    this.#report();
  }

  /** What is held here now. */
  load(): WorkerLoad {
    const held = this.#held.all();
    const running = held.filter((task) => task.running !== undefined && !task.finished);
    const longestMs = running.reduce((longest, task) => Math.max(longest, this.#needs.clock.now() - task.since), 0);
    return { running: running.length, longestMs, finished: held.filter((task) => task.finished).length };
  }

  /** How many attempts run here now. */
  runningCount(): number {
    return this.load().running;
  }

  async #answer(from: NodeId, request: WorkRequest): Promise<WorkReply> {
    // What is left of an earlier life belongs to the answer.
    await this.#started.promise;
    const higher = this.#higherThan(from, request.term);
    if (higher !== undefined) return { type: 'fenced', term: higher };
    if (request.type === 'census') return { type: 'holdings', holdings: this.#holdings() };
    return { type: 'assigned', refused: await this.#batches.deal(request, () => this.#accept(request)) };
  }

  #stop(from: NodeId, { term, attempts }: WorkMessage): void {
    if (this.#higherThan(from, term) !== undefined) return;
    for (const attempt of attempts) this.#drop(this.#held.get(attempt));
  }

  /** The higher term because of which `term` is not obeyed. The one that the election names is obeyed always, or an unheard claim could lock this node out. */
  #higherThan(from: NodeId, term: Term): Term | undefined {
    const current = this.#needs.leadership.current();
    const known = [current, this.#highestTerm].filter((one) => one !== undefined);
    const higher = known.find((one) => compareTerms(term, one) < 0);
    if (from !== term.node) return higher ?? term;
    if (higher !== undefined && !sameTerm(term, current)) return higher;
    this.#highestTerm = term;
    return undefined;
  }

  async #accept({ attempts }: Assignment): Promise<{ attempt: AttemptName; reason: RefusalReason }[]> {
    const { journal } = this.#needs;
    // The record may still be on its way to this node: one look at the neighbours brings it.
    const lacksRecord = (): boolean => attempts.some(({ attempt }) => journal.job(attempt.job)?.record === undefined);
    if (lacksRecord()) await journal.refresh(this.#options.recordMs);
    if (lacksRecord()) await journal.catchUp(this.#options.recordMs);
    const refused: { attempt: AttemptName; reason: RefusalReason }[] = [];
    for (const { attempt, holders, leaseMs } of attempts) {
      const reason = this.#hold(attempt, holders, leaseMs);
      if (reason !== undefined) refused.push({ attempt, reason });
    }
    this.#startWhatFits();
    this.#leases.look();
    this.#reportIn(refused.length > 0 ? this.#options.reportSoonMs : this.#options.reportMs);
    return refused;
  }

  #hold(attempt: AttemptName, holders: readonly NodeId[], leaseMs: number | undefined): RefusalReason | undefined {
    const { journal, membership, clock } = this.#needs;
    if (this.#held.has(attempt)) return undefined;
    if (!this.#running || !this.#accepting) return 'stopping';
    if (this.#held.hasRival(attempt)) return 'already-held';
    if (this.#held.isFull) return 'holds-too-many';
    if (membership.member(membership.self)?.facts.paused === true) return 'paused';
    const state = journal.job(attempt.job);
    const refusal = refusalOf(state, attempt);
    if (refusal !== undefined) return refusal;
    const step = state === undefined ? undefined : stepOf(state, attempt.step);
    if (state?.record === undefined || step === undefined) return 'unknown-job';
    const { record } = state;
    const { requirements } = step;
    const task = newTask({ attempt, record, requirements, holders });
    if (leaseMs !== undefined) task.lease = { ms: leaseMs, until: clock.now() + leaseMs, isGranted: false };
    this.#held.add(task);
    return undefined;
  }

  #adopt({ attempt, runningMs, lease }: LeftAttempt): void {
    const { journal, taskRunner, clock, membership } = this.#needs;
    const state = attempt.node === membership.self ? journal.job(attempt.job) : undefined;
    const step = state === undefined ? undefined : stepOf(state, attempt.step);
    if (state?.record === undefined || step === undefined || refusalOf(state, attempt) !== undefined) {
      taskRunner.settle(attempt);
      return;
    }
    const task = newTask({ attempt, record: state.record, requirements: step.requirements, holders: [] });
    if (lease !== undefined) task.lease = { ...lease, isGranted: true };
    this.#held.add(task);
    const running = taskRunner.adopt(attempt, (fraction, message) => this.#progress(task, fraction, message));
    void this.#follow(task, running, clock.now() - runningMs);
  }

  #startWhatFits(): void {
    const inventory = this.#needs.membership.member(this.#needs.membership.self)?.facts.inventory;
    if (!this.#running || inventory === undefined) return;
    for (const task of this.#held.startable(inventory)) void this.#run(task);
  }

  async #run(task: HeldTask): Promise<void> {
    const { attempt, record, holders } = task;
    const { taskRunner, clock } = this.#needs;
    this.#sessions.add(attempt.job);
    const running = taskRunner.run(attempt, record, holders, (fraction, message) => this.#progress(task, fraction, message), task.lease);
    await this.#follow(task, running, clock.now());
  }

  #progress(task: HeldTask, fraction: number, message: string): void {
    task.fraction = Math.min(1, Math.max(0, fraction));
    task.message = message.slice(0, 200);
  }

  async #follow(task: HeldTask, running: RunningTask, since: number): Promise<void> {
    task.running = running;
    task.since = since;
    const result = await running.result;
    task.finished = true;
    if (task.dropped.signal.aborted || result.type === 'aborted') this.#forget(task);
    else void this.#deliver(task, result);
    this.#startWhatFits();
  }

  async #deliver(task: HeldTask, result: EndedRun): Promise<void> {
    await this.#delivery.deliver(outcomeOf(task.attempt, result), task.dropped.signal, this.#over.signal);
    if (!this.#over.signal.aborted) this.#forget(task);
  }

  /** Nobody wants it any more. One that runs is held until its processes are gone. */
  #drop(task: HeldTask | undefined): void {
    if (task === undefined || task.dropped.signal.aborted) return;
    task.dropped.abort();
    if (task.running === undefined || task.finished) this.#forget(task);
    else task.running.abort();
    this.#startWhatFits();
  }

  #forget(task: HeldTask): void {
    this.#held.remove(task);
    if (task.running !== undefined) this.#needs.taskRunner.settle(task.attempt);
    this.#reportIn(this.#options.reportSoonMs);
  }

  #learn(fact: Fact): void {
    for (const task of this.#held.all()) if (isEndedBy(task.attempt, fact)) this.#drop(task);
    if (fact.type === 'pause-set' && fact.paused) this.#dropQueued((task) => task.attempt.job === fact.job);
    if (fact.type === 'ended' || fact.type === 'cancelled' || fact.type === 'removed') this.#closeSessions(fact.job);
  }

  /** Unless attempts of a later generation are here already. */
  #closeSessions(job: JobId): void {
    const isWanted = this.#held.all().some((task) => task.attempt.job === job && !task.dropped.signal.aborted);
    if (!isWanted && this.#sessions.delete(job)) this.#needs.taskRunner.forget(job);
  }

  /** What has not begun goes back to the coordinator; what runs goes on. */
  #dropQueued(concerns: (task: HeldTask) => boolean): void {
    for (const task of this.#held.all()) if (task.running === undefined && concerns(task)) this.#drop(task);
  }

  #lookAtSelf(): void {
    const { membership } = this.#needs;
    if (membership.member(membership.self)?.facts.paused === true) this.#dropQueued(() => true);
    else this.#startWhatFits();
  }

  #holdings(): Holdings {
    const { membership } = this.#needs;
    const incarnation = membership.member(membership.self)?.facts.incarnation ?? 0;
    return { incarnation, attempts: this.#held.holdings(), ...this.#batches.dealt };
  }

  /** At the latest then: again and again while anything is held, once more when nothing is left. */
  #reportIn(milliseconds: number): void {
    const at = this.#needs.clock.now() + milliseconds;
    if (!this.#running || (this.#reporting !== undefined && this.#reporting.at <= at)) return;
    this.#reporting?.timer.cancel();
    this.#reporting = { at, timer: this.#needs.clock.after(milliseconds, () => this.#report()) };
  }

  #report(): void {
    if (!this.#running) return;
    this.#reporting?.timer.cancel();
    this.#reporting = undefined;
    const term = this.#needs.leadership.current();
    if (term !== undefined) this.#needs.messenger.send(term.node, coordinationProtocol, { type: 'report', holdings: this.#holdings() });
    if (this.#held.size > 0) this.#reportIn(this.#options.reportMs);
  }
}
