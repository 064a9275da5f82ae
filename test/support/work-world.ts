/**
 * Coordinators and workers of several nodes over the memory network, with everything below them settled by the test:
 * who is reachable, who leads, and records that reach whoever is not cut off.
 */
import type { Blobs } from '../../daemon/blobs/blobs.ts';
import { CoordinationClient } from '../../daemon/coordinator/coordination-client.ts';
import { Coordinator } from '../../daemon/coordinator/coordinator.ts';
import type { TermStanding, VotedLeadership } from '../../daemon/election/leadership.ts';
import { createMemoryNetwork, type MemoryNetwork } from '../../daemon/network/memory-network.ts';
import { withLoopback } from '../../daemon/wire/loopback.ts';
import type { Messenger } from '../../daemon/wire/messenger.ts';
import { WorkerNode } from '../../daemon/worker/worker-node.ts';
import type { Fact } from '../../src/model/facts.ts';
import type { JobId, JobRecord, NodeId, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { sameTerm } from '../../src/model/term.ts';
import { FixedMembership } from './fixed-membership.ts';
import { MemoryJournal } from './memory-journal.ts';
import { seededRandomness } from './seeded-randomness.ts';
import { TimedRunner, type TimedRunnerOptions } from './timed-runner.ts';
import { VirtualClock } from './virtual-clock.ts';

class FixedLeadership implements VotedLeadership {
  readonly #self: NodeId;
  readonly #listeners: ((term: Term | undefined) => void)[] = [];
  #term: Term | undefined;
  voted = false;

  constructor(self: NodeId) {
    this.#self = self;
  }

  current(): Term | undefined {
    return this.#term;
  }

  isMine(): boolean {
    return this.#term?.node === this.#self;
  }

  quorate(): boolean {
    return this.isMine() && this.voted;
  }

  async confirm(): Promise<boolean> {
    return this.quorate();
  }

  voters(): undefined {}

  standing(): TermStanding {
    return { quorate: this.voted, reachable: this.voted ? 2 : 1, voters: 2 };
  }

  async standingNow(): Promise<TermStanding> {
    return this.standing();
  }

  async forget(): Promise<never> {
    throw new Error('nobody is forgotten here');
  }

  /** Do a majority of the voters renew the term? */
  setVoted(voted: boolean): void {
    this.voted = voted;
    for (const listener of this.#listeners) listener(this.#term);
  }

  onChange(listener: (term: Term | undefined) => void): void {
    this.#listeners.push(listener);
  }

  set(term: Term | undefined): void {
    if (sameTerm(term, this.#term)) return;
    this.#term = term;
    for (const listener of this.#listeners) listener(term);
  }
}

export interface WorldNode {
  readonly id: NodeId;
  readonly membership: FixedMembership;
  readonly leadership: FixedLeadership;
  readonly journal: MemoryJournal;
  readonly messenger: Messenger;
  readonly runner: TimedRunner;
  readonly worker: WorkerNode;
  readonly coordinator: Coordinator;
  readonly client: CoordinationClient;
  alive: boolean;
}

const copying = { fetch: async () => {}, replicate: async () => {} } as unknown as Blobs;

export class WorkWorld {
  readonly clock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly nodes = new Map<NodeId, WorldNode>();
  readonly #ids: readonly NodeId[];

  private constructor(ids: readonly NodeId[]) {
    this.#ids = ids;
    this.network = createMemoryNetwork({ clock: this.clock, randomness: seededRandomness(1) });
  }

  /** Starts the nodes, each of four cores; the first leads in term 1. */
  static async start(ids: readonly NodeId[], runner: TimedRunnerOptions): Promise<WorkWorld> {
    const world = new WorkWorld(ids);
    for (const id of ids) await world.#add(id, runner);
    await world.clock.advance(100);
    world.lead({ number: 1, node: ids[0] as NodeId });
    return world;
  }

  node(id: NodeId): WorldNode {
    return this.nodes.get(id) as WorldNode;
  }

  living(): readonly WorldNode[] {
    return [...this.nodes.values()].filter((node) => node.alive);
  }

  lead(term: Term | undefined): void {
    for (const node of this.living()) node.leadership.set(term);
  }

  /** Everybody alive learns the fact at once. */
  tell(fact: Fact): void {
    for (const node of this.living()) node.journal.learn(fact);
  }

  submit(record: JobRecord): JobId {
    return this.living().map((node) => node.journal.submit(record))[0] as JobId;
  }

  state(job: JobId): JobState {
    return this.living()[0]?.journal.job(job) as JobState;
  }

  /** The process is gone and the others have noticed. */
  kill(id: NodeId): void {
    const node = this.node(id);
    node.alive = false;
    this.network.crash(id);
    node.leadership.set(undefined);
    for (const other of this.living()) other.membership.change(id, {}, 'unreachable');
  }

  /** Runs until the job's current generation has ended; its outcome, or undefined after `limitMs`. */
  async outcome(job: JobId, limitMs = 600_000): Promise<string | undefined> {
    const ended = () => this.state(job).ended.get(this.state(job).generation);
    await this.clock.runUntil(() => ended() !== undefined, limitMs);
    return ended()?.outcome;
  }

  async #add(id: NodeId, options: TimedRunnerOptions): Promise<void> {
    const { clock } = this;
    const network = this.network.join(id);
    const messenger = withLoopback(network);
    const membership = new FixedMembership(id, this.#ids);
    const leadership = new FixedLeadership(id);
    const journal = new MemoryJournal();
    const runner = new TimedRunner(options, { clock });
    const needs = {
      membership,
      leadership,
      journal,
      messenger,
      clock,
      blobs: copying,
      taskRunner: runner,
      offeredBytes: { look: async () => 'there' as const },
    };
    const node: WorldNode = {
      id,
      membership,
      leadership,
      journal,
      messenger,
      runner,
      worker: new WorkerNode({}, needs),
      coordinator: new Coordinator({}, needs),
      client: new CoordinationClient(needs),
      alive: true,
    };
    this.nodes.set(id, node);
    journal.onFact((fact) => this.#spread(id, fact));
    await network.start();
    await node.worker.start();
    await node.coordinator.start();
  }

  /** Records travel to whoever is connected, a moment later. */
  #spread(from: NodeId, fact: Fact): void {
    const reached = new Set(this.node(from).messenger.connected());
    this.clock.after(5, () => {
      for (const other of this.living()) if (reached.has(other.id)) other.journal.learn(fact);
    });
  }
}
