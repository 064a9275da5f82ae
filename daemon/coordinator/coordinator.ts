/** The coordinator's role on this node: asleep until it is elected, then one tenure for each of its terms. */
import type { Ended, ResultKept } from '../../src/model/facts.ts';
import type { NodeId } from '../../src/model/job.ts';
import { sameTerm } from '../../src/model/term.ts';
import type { Startable } from '../startable.ts';
import { type CoordinationMessage, type CoordinationReply, type CoordinationRequest, coordinationProtocol } from '../wire/coordination-protocol.ts';
import type { Holdings } from '../wire/work-protocol.ts';
import type { OutcomesKnown } from './coordination.ts';
import { later } from './keep-result.ts';
import type { CoordinatorNeeds } from './needs.ts';
import { type CoordinatorOptions, coordinatorDefaults } from './options.ts';
import { SettledOutcomes } from './settled-outcomes.ts';
import { Tenure } from './tenure.ts';

export class Coordinator implements Startable {
  readonly #options: CoordinatorOptions;
  readonly #needs: CoordinatorNeeds;
  #tenure: Tenure | undefined;
  /** What nodes that restart told everybody they have, for whoever coordinates meanwhile. */
  readonly #farewells = new Map<NodeId, Holdings>();
  readonly #outcomes = new SettledOutcomes();
  readonly #onSettled: (fact: ResultKept | Ended) => void;
  #running = false;
  #startedAt = 0;

  /** Construct before the network starts: it serves its protocol from then on. */
  constructor(options: Partial<CoordinatorOptions>, needs: CoordinatorNeeds) {
    this.#options = { ...coordinatorDefaults, ...options };
    this.#needs = { ...needs, settled: (fact) => this.#settled(fact) };
    this.#onSettled = (fact) => needs.settled?.(fact);
    needs.messenger.serve(coordinationProtocol, {
      onMessage: (from, message) => this.#hear(from, message),
      onRequest: (from, request) => this.#answer(from, request),
    });
    needs.leadership.onChange(() => this.#follow());
    needs.journal.onFact((fact, state) => this.#tenure?.learn(fact, state));
    needs.membership.onChange(({ member }) => this.#tenure?.look(member.facts.id));
  }

  async start(): Promise<void> {
    this.#running = true;
    this.#startedAt = this.#needs.clock.now();
    this.#follow();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#follow();
  }

  #follow(): void {
    const { leadership } = this.#needs;
    const term = this.#running && leadership.isMine() ? leadership.current() : undefined;
    if (sameTerm(term, this.#tenure?.term)) {
      this.#tenure?.stand();
      return;
    }
    this.#tenure?.end();
    this.#tenure = term === undefined ? undefined : new Tenure({ ...this.#options, term, startedAt: this.#startedAt }, this.#needs);
    void this.#tenure?.begin(this.#farewells);
  }

  /** For those who wait for jobs, on any node. */
  get outcomes(): OutcomesKnown {
    return this.#outcomes;
  }

  #settled(fact: ResultKept | Ended): void {
    this.#onSettled(fact);
    if (fact.type !== 'ended') return;
    const { job, generation, term } = fact;
    const { messenger } = this.#needs;
    for (const node of [messenger.self, ...messenger.connected()]) messenger.send(node, coordinationProtocol, { type: 'settled', job, generation, term });
  }

  #hear(from: NodeId, message: CoordinationMessage): void {
    if (message.type === 'report') this.#hearReport(from, message.holdings);
    // Only the coordinator of a term can say that.
    else if (message.term.node === from) this.#outcomes.learn(message);
  }

  #hearReport(from: NodeId, holdings: Holdings): void {
    this.#farewells.set(from, holdings);
    this.#tenure?.hear(from, holdings);
  }

  async #answer(from: NodeId, request: CoordinationRequest): Promise<CoordinationReply> {
    const tenure = this.#tenure;
    if (tenure === undefined) return later('this node does not coordinate');
    switch (request.type) {
      case 'offer':
      case 'failed':
        // Only the node that an attempt names may speak for it.
        if (request.attempt.node !== from) return { type: 'refused', reason: 'unknown-task' };
        return request.type === 'offer' ? tenure.offer(request) : tenure.failed(request);
      case 'overview':
        return { type: 'overview', jobs: tenure.overview(request.job) };
      case 'report':
        tenure.hear(from, request.holdings);
        return { type: 'renewed', attempts: tenure.renew(from, request.holdings) };
      case 'why':
        return { type: 'why', reasons: tenure.why(request.job) };
      default:
        return request satisfies never;
    }
  }
}
