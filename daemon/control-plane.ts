/**
 * The part of the daemon that decides, assembled once for real nodes and for simulated ones: membership, election, job
 * records, blobs, worker and coordinator. Whatever touches the world (network, disks, time, processes) comes in as a need.
 */
import type { AuditLine } from '../src/model/cluster-facts.ts';
import type { Ended, ResultKept } from '../src/model/facts.ts';
import type { NodeFacts } from '../src/model/inventory.ts';
import type { Digest, JobId, NodeId } from '../src/model/job.ts';
import type { JobState } from '../src/model/job-state.ts';
import { jobPhase } from '../src/model/phase.ts';
import { BlobTransfer } from './blobs/blob-transfer.ts';
import type { BlobDisk, Blobs } from './blobs/blobs.ts';
import { RecentUse } from './blobs/recent-use.ts';
import { decodeTree } from './blobs/tree.ts';
import type { Clock } from './clock.ts';
import type { Coordination, OutcomesKnown } from './coordinator/coordination.ts';
import { CoordinationClient } from './coordinator/coordination-client.ts';
import { Coordinator } from './coordinator/coordinator.ts';
import { type CoordinatorOptions, coordinatorDefaults } from './coordinator/options.ts';
import { Election } from './election/election.ts';
import type { VotedLeadership } from './election/leadership.ts';
import type { Membership } from './membership/membership.ts';
import { MembershipNode } from './membership/membership-node.ts';
import { AuditTrail } from './records/audit-trail.ts';
import { jobIdOf } from './records/canonical.ts';
import type { VerifySigned } from './records/cluster-book.ts';
import type { ClusterRecords, FactStore, Journal, JournalQuestions, RecordsProblem } from './records/journal.ts';
import { JournalNode } from './records/journal-node.ts';
import type { Trouble } from './records/trouble.ts';
import type { Startable } from './startable.ts';
import type { SubmissionNeeds } from './submission/needs.ts';
import { BlobCollection, type CollectionOptions, collectionDefaults } from './upkeep/blob-collection.ts';
import { CopiesClient, type CopiesKnown } from './upkeep/copies.ts';
import { Upkeep, type UpkeepOptions, upkeepDefaults } from './upkeep/upkeep.ts';
import type { BeatCarrier } from './wire/beat-carrier.ts';
import { withLoopback } from './wire/loopback.ts';
import type { Messenger } from './wire/messenger.ts';
import { offeredBytes } from './worker/offered-bytes.ts';
import { type WorkerOptions, workerDefaults } from './worker/options.ts';
import type { TaskRunner } from './worker/task-runner.ts';
import { WorkerNode } from './worker/worker-node.ts';

/** Every time that decides anything, in milliseconds. */
export interface Timings {
  /** Between heartbeats while there is work, and otherwise. */
  readonly heartbeatBusyMs: number;
  readonly heartbeatIdleMs: number;
  /** After a start, to hear of a sitting coordinator before the seat is claimed; and what the next in rank gives the one before it. */
  readonly settleMs: number;
  readonly staggerMs: number;
  readonly coordinator: CoordinatorOptions;
  readonly worker: WorkerOptions;
  readonly upkeep: UpkeepOptions;
  readonly collection: CollectionOptions;
}

const defaultTimings: Timings = {
  heartbeatBusyMs: 250,
  heartbeatIdleMs: 2_000,
  settleMs: 1_500,
  staggerMs: 400,
  coordinator: coordinatorDefaults,
  worker: workerDefaults,
  upkeep: upkeepDefaults,
  collection: collectionDefaults,
};

export interface ControlPlaneOptions {
  /** What this node says of itself at its start. */
  readonly node: Omit<NodeFacts, 'revision'>;
  /** Its cluster; what it knows of the voters of another one is forgotten. */
  readonly cluster?: string | undefined;
  /** It is the first voter: `now`, or `later`, when it coordinates for a while and nobody knows of any. Default: it learns of them from others. */
  readonly founding?: 'now' | 'later' | undefined;
  /** Something about the stored records that a person should know. */
  onTrouble?(trouble: Trouble): void;
  /** A result or outcome that this node decided will never be undone; for logs and checks. */
  onSettled?(fact: ResultKept | Ended): void;
  /** What is wrong with the disk of the records has changed. */
  onHealth?(problems: readonly RecordsProblem[]): void;
  /** This node was out of the world for so many milliseconds: it has stepped down and asks what is still its own. */
  onSleep?(absentMs: number): void;
  readonly timings?: Partial<Timings>;
}

export interface ControlPlaneNeeds {
  /** Not started yet: everybody serves a protocol on it first. */
  readonly network: Messenger;
  /** Heartbeats that need no main loop, where there are any. */
  readonly beats?: BeatCarrier;
  readonly clock: Clock;
  readonly store: FactStore;
  readonly blobDisk: BlobDisk;
  /** Judges removals of members and new admins. Without it none of them counts. */
  readonly verifies?: VerifySigned | undefined;
  /** Was the node removed from the cluster? */
  isExpelled?(node: NodeId): boolean;
  /** Told of what is written to the disk past the control plane. */
  readonly recentUse?: RecentUse;
  /** Runs the tasks; made here because it fetches its inputs from the other nodes. */
  makeTaskRunner(parts: {
    readonly blobs: Blobs;
    readonly messenger: Messenger;
    readonly membership: Membership;
    readonly leadership: VotedLeadership;
  }): TaskRunner;
}

export interface ControlPlane extends Startable {
  readonly membership: Membership;
  readonly leadership: VotedLeadership;
  readonly journal: Journal & JournalQuestions & ClusterRecords;
  /** Writes down who did what; returns before it is on disk. */
  audit(line: AuditLine): void;
  readonly blobs: Blobs;
  readonly coordination: Coordination;
  readonly outcomes: OutcomesKnown;
  /** Where the bytes of jobs are. */
  readonly copies: CopiesKnown;
  readonly worker: Pick<WorkerNode, 'runningCount' | 'load' | 'giveBack'>;
  /** Before `stop`: this node is back in a moment, and its tasks go on meanwhile. */
  willReturn(): void;
  /** For `submitRecord`. */
  readonly submission: SubmissionNeeds;
  /** Reaches this node too; protocols of other concerns are served on it, before the network starts. */
  readonly messenger: Messenger;
}

/** Puts everything together. Then start the network, then the control plane (`start` rejects as the store does); stop them the other way round. */
export function createControlPlane(options: ControlPlaneOptions, needs: ControlPlaneNeeds): ControlPlane {
  const { clock, store } = needs;
  const isExpelled = (node: NodeId): boolean => needs.isExpelled?.(node) === true;
  const timings = { ...defaultTimings, ...options.timings };
  const messenger = withLoopback(needs.network);
  const paces = { busyMs: timings.heartbeatBusyMs, idleMs: timings.heartbeatIdleMs };
  const beats = needs.beats === undefined ? {} : { beats: needs.beats };
  const membership = new MembershipNode({ facts: options.node, ...paces, isExpelled }, { messenger, clock, ...beats });
  const onTrouble = (trouble: Trouble): void => options.onTrouble?.(trouble);
  const journal = new JournalNode(
    { host: options.node.host, onTrouble, onHealth: (problems) => options.onHealth?.(problems) },
    { store, messenger, membership, clock, lasting: () => lastingOf(election), verifies: needs.verifies },
  );
  const storeFailed = (error: unknown): void => onTrouble({ type: 'store-failed', error });
  const trail = new AuditTrail({ node: options.node.id }, { clock, append: (line) => journal.appendCluster(line), onLost: storeFailed });
  const recentUse = needs.recentUse ?? new RecentUse({ clock });
  const blobs = new BlobTransfer({}, { messenger, clock, disk: needs.blobDisk, recentUse });
  const seat = { self: options.node.id, cluster: options.cluster, founding: options.founding, settleMs: timings.settleMs, staggerMs: timings.staggerMs };
  const election = new Election(seat, { membership, messenger, clock, memory: journal, isExpelled });
  const taskRunner = needs.makeTaskRunner({ blobs, messenger, membership, leadership: election });
  const parts = { membership, leadership: election, journal, blobs, messenger, clock, recentUse };
  const worker = new WorkerNode(timings.worker, { ...parts, taskRunner, offeredBytes: offeredBytes({ blobs, disk: needs.blobDisk }) });
  const coordinator = new Coordinator(timings.coordinator, { ...parts, settled: (fact) => options.onSettled?.(fact) });
  const upkeep = new Upkeep(timings.upkeep, { ...parts, decodeTree });
  const readTree = async (digest: Digest, from: readonly NodeId[]): Promise<readonly Digest[]> =>
    decodeTree(await blobs.bytes({ digest }, from)).map((entry) => entry.digest);
  const collection = new BlobCollection(timings.collection, { journal, disk: needs.blobDisk, recentUse, clock, readTree, onProblem: storeFailed });
  membership.onSleep((absentMs) => {
    options.onSleep?.(absentMs);
    // Not at the next turn of replication: what the others decided meanwhile matters now.
    journal.catchUp(timings.coordinator.catchUpMs).catch(storeFailed);
  });
  const pace = paceByJobs([membership, election]);
  journal.onFact((_fact, state) => pace.look(state));
  const inOrder: readonly Startable[] = [journal, blobs, membership, election, taskRunner, worker, coordinator, upkeep, collection];
  let returns = false;
  return {
    membership,
    leadership: election,
    journal,
    audit: (line) => trail.write(line),
    blobs,
    coordination: new CoordinationClient(parts),
    outcomes: coordinator.outcomes,
    copies: new CopiesClient(parts),
    worker,
    submission: { membership, journal, blobs, clock, jobIdOf, isStandby: (node) => journal.isStandby(node) },
    messenger,
    willReturn() {
      returns = true;
      worker.farewell();
    },
    async start() {
      for (const part of inOrder) await part.start();
      for (const state of journal.jobs().values()) pace.look(state);
    },
    async stop() {
      // Whoever hears this places our tasks elsewhere without waiting for silence, or waits for us for a while.
      membership.leave(returns ? 'restarting' : 'for-good');
      for (const part of inOrder.toReversed()) await part.stop();
    },
  };
}

function lastingOf(leadership: VotedLeadership): readonly NodeId[] {
  const coordinator = leadership.current()?.node;
  return [...(leadership.voters()?.voters.map(({ node }) => node) ?? []), ...(coordinator === undefined ? [] : [coordinator])];
}

/** While any job is open everybody depends on everybody: a loss should be seen sooner. A paused one is open: what runs of it goes on, and its leases with it. */
function paceByJobs(parts: readonly { setPace(pace: 'busy' | 'idle'): void }[]): { look(state: JobState): void } {
  const open = new Set<JobId>();
  return {
    look(state) {
      if (state.record !== undefined && ['active', 'paused'].includes(jobPhase(state))) open.add(state.id);
      else open.delete(state.id);
      for (const part of parts) part.setPace(open.size > 0 ? 'busy' : 'idle');
    },
  };
}
