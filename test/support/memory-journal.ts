/** A journal of one node without a disk or peers: facts are folded at once and stored when told. */
import { jobIdOf } from '../../daemon/records/canonical.ts';
import type { ClusterRecords, Holders, Journal, Positions, Stored } from '../../daemon/records/journal.ts';
import type { ClusterFact } from '../../src/model/cluster-facts.ts';
import { type ClusterState, emptyClusterState, foldClusterInto } from '../../src/model/cluster-state.ts';
import type { Fact } from '../../src/model/facts.ts';
import { emptyJobState, foldInto, type MutableJobState } from '../../src/model/fold.ts';
import type { HostId, JobId, JobRecord } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';

export class MemoryJournal implements Journal, Holders, ClusterRecords {
  /** What every append waits for first. */
  before: Promise<void> = Promise.resolve();
  /** Machines that are said to have everything. */
  copies: readonly HostId[] = ['host-a', 'host-b', 'host-c', 'host-d'];
  /** The facts of each append. */
  readonly appended: (readonly Fact[])[] = [];
  readonly #jobs = new Map<JobId, MutableJobState>();
  readonly #cluster = emptyClusterState();
  readonly #clusterListeners: ((fact: ClusterFact, state: ClusterState) => void)[] = [];
  readonly #listeners: ((fact: Fact, state: JobState) => void)[] = [];

  cluster(): ClusterState {
    return this.#cluster;
  }

  async appendCluster(fact: ClusterFact): Promise<Stored> {
    if (foldClusterInto(this.#cluster, fact)) for (const listener of this.#clusterListeners) listener(fact, this.#cluster);
    return { copies: this.copies, wanted: 2 };
  }

  onCluster(listener: (fact: ClusterFact, state: ClusterState) => void): void {
    this.#clusterListeners.push(listener);
  }

  jobs(): ReadonlyMap<JobId, JobState> {
    return this.#jobs;
  }

  job(id: JobId): JobState | undefined {
    return this.#jobs.get(id);
  }

  async append(facts: readonly Fact[]): Promise<Stored> {
    this.appended.push(facts);
    await this.before;
    for (const fact of facts) this.learn(fact);
    return { copies: this.copies, wanted: 2, positions: new Map([['memory', this.appended.length]]) };
  }

  positions(): Positions {
    return new Map([['memory', this.appended.length]]);
  }

  holds(): boolean {
    return true;
  }

  async whenHeld(isEnough: () => boolean): Promise<boolean> {
    return isEnough();
  }

  async catchUp(): Promise<void> {}

  async refresh(): Promise<void> {}

  isStandby(): boolean {
    return true;
  }

  onFact(listener: (fact: Fact, state: JobState) => void): void {
    this.#listeners.push(listener);
  }

  onCollect(): void {}

  copiesOf(): readonly HostId[] {
    return this.copies;
  }

  /** As if the fact had come from a peer. */
  learn(fact: Fact): void {
    const state = this.#jobs.get(fact.job) ?? emptyJobState(fact.job);
    this.#jobs.set(fact.job, state);
    if (foldInto(state, fact)) for (const listener of this.#listeners) listener(fact, state);
  }

  submit(record: JobRecord): JobId {
    const job = jobIdOf(record);
    this.learn({ type: 'submitted', job, at: 0, record });
    return job;
  }
}
