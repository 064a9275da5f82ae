/** What the rest of the daemon sees of the records. The implementation is journal-node.ts over a FactStore. */
import type { ClusterFact } from '../../src/model/cluster-facts.ts';
import type { ClusterState } from '../../src/model/cluster-state.ts';
import type { Entry, Fact } from '../../src/model/facts.ts';
import type { HostId, JobId, NodeId, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import type { Seat } from '../../src/model/voters.ts';
import type { Startable } from '../startable.ts';

export interface Stored {
  /** Physical machines that have the facts on disk (fsynced), this one included. */
  readonly copies: readonly HostId[];
  /** What R = min(3, live machines) asked for. */
  readonly wanted: number;
  /** Whoever holds these holds the facts. */
  readonly positions?: Positions;
}

/** The newest entry of each origin's log that is meant. */
export type Positions = ReadonlyMap<string, number>;

/** States are live views: the object of a job stays the same while its facts arrive. */
export interface Journal {
  jobs(): ReadonlyMap<JobId, JobState>;
  job(id: JobId): JobState | undefined;
  /**
   * Appends to this node's own log, fsyncs, folds, then pushes to the standbys. Resolves when R machines have it on disk
   * or `waitMs` passed; the caller decides whether `copies` are enough. Order of calls is order in the log.
   */
  append(facts: readonly Fact[], waitMs?: number): Promise<Stored>;
  /** Pulls what the connected peers know more; a new coordinator does this before it acts. Resolves when every reachable peer answered or `waitMs` passed. */
  catchUp(waitMs: number): Promise<void>;
  /** In a large cluster, on a node that is no standby: pulls from standbys what it has not heard of yet. Elsewhere resolves at once; never after `waitMs`. */
  refresh(waitMs: number): Promise<void>;
  /** Called after a fact new to this node is on disk and folded, own or foreign, in log order. */
  onFact(listener: (fact: Fact, state: JobState) => void): void;
  /** Called with facts of removed jobs before they are taken off this disk, which they are not until all listeners resolve; soon again after a rejection. */
  onCollect(listener: (facts: readonly Fact[]) => Promise<void>): void;
}

/** What the cluster knows of itself (src/model/cluster-facts.ts), in the same logs as the facts about jobs. */
export interface ClusterRecords {
  /** A live view. Signed facts are in it once their signature was verified. */
  cluster(): ClusterState;
  /** As `append` of the journal; all connected nodes are told at once, of lines of the audit the standbys. */
  appendCluster(fact: ClusterFact, waitMs?: number): Promise<Stored>;
  /** Called after a fact that says something new to this node is on disk and folded, own or foreign. Not for what was on disk at the start. */
  onCluster(listener: (fact: ClusterFact, state: ClusterState) => void): void;
}

/** The highest term this node knows of, kept on disk for the election. */
export interface TermMemory {
  /** Of what was saved here and of every fact seen; undefined when none was. After start. */
  highestTerm(): Term | undefined;
  /** Durable when resolved. A lower term than the one saved changes nothing. */
  saveTerm(term: Term): Promise<void>;
}

/** Who has what on disk, as far as is known here. */
export interface Holders {
  /** All that is on this disk. */
  positions(): Positions;
  /** Has the node these on disk? */
  holds(node: NodeId, positions: Positions): boolean;
  /** Resolves true as soon as `isEnough`, which is asked again whenever more is known of what others have on disk; false after `waitMs`. */
  whenHeld(isEnough: () => boolean, waitMs: number): Promise<boolean>;
}

/** What the election keeps on disk and asks of the records, so that a term can be quorate. */
export interface SeatMemory extends TermMemory, Holders {
  /** As saved last. After start. */
  seat(): Seat;
  /** Durable when resolved. */
  saveSeat(seat: Seat): Promise<void>;
  /** May the disk have the seat that was refused last, instead of `seat()`? Nobody was told of it; but what is promised now must be saved first. */
  isSeatInDoubt(): boolean;
  /** Of the store that this node writes to now. */
  storeId(): string;
  /** Draws a new store id: this disk is an older copy of one that others know. Resolves also when the disk refuses, and the id is the old one still. */
  renewStore(): Promise<void>;
  /** Is the id to be given up, and the disk has not taken another yet? Then nothing may be promised under it. */
  isStale(): boolean;
  /** Resolves once the peers could say whether this store is behind what they know of it, as one restored from a backup is. */
  heard(): Promise<void>;
  /** Pulls all that the peer has on disk; false when that did not succeed in time. */
  catchUpFrom(peer: NodeId, waitMs: number): Promise<boolean>;
}

/** For whoever serves people. */
export interface JournalQuestions {
  /** The logical clock for the next `pause-set` fact: above every one seen, and never the same twice. */
  nextClock(): number;
  /** Is the node told of every fact at once? In a small cluster everybody is. */
  isStandby(node: NodeId): boolean;
  /** Machines that hold every fact of the job this node holds, as far as it knows; this one included. None of a job that is unknown here, or removed. */
  copiesOf(job: JobId): readonly HostId[];
  /** What is wrong with the records on this node's disk right now; empty when nothing is. */
  problems(): readonly RecordsProblem[];
}

/** What of the facts may be missing here: whoever destroys what no fact refers to must look at it first. */
export interface RecordsGaps {
  /** Peers that were connected since the start, and within a week, told of entries that are not on this disk, or one that is connected has not told yet. */
  readonly isBehind: boolean;
  /** Others have written what is known here, and nobody is connected who told what he has: since when, in clock milliseconds. Otherwise absent. */
  readonly unheardSince?: number;
  /** Clock milliseconds when a peer was last met for the first time since the start, or again after an absence, or the start itself. */
  readonly quietSince: number;
  /** Unix milliseconds when this store last turned out to have lost something, nobody knows what; absent when it never did. */
  readonly lostAt?: number;
}

/** In the words of the error table. */
export interface RecordsProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** The disk below the journal: node:sqlite in a worker thread, or the simulation's disk that forgets what was not synced. */
export interface FactStore extends Startable {
  /** Everything stored, in (origin, sequence) order, and this store's id. Call once after start. */
  load(): Promise<{
    readonly storeId: string;
    readonly entries: readonly Entry[];
    readonly highestTerm: Term | undefined;
    readonly seat?: Seat;
    /** Unix milliseconds of the last repair or renewal; absent when there was none. */
    readonly lostAt?: number;
  }>;
  /** Durable when resolved (group commit, fsync). Entries of any origin; ones already stored are ignored. Rejects `disk-full` and stores none of them. */
  append(entries: readonly Entry[]): Promise<void>;
  /** Puts these in the places of stored entries of the same origin and sequence; durable when resolved. Others than stored are ignored. */
  collect(tombstones: readonly Entry[]): Promise<void>;
  /** Durable when resolved. A lower term than the one stored is ignored. */
  saveTerm(term: Term): Promise<void>;
  /** Durable when resolved: the last one asked for, whole. */
  saveSeat(seat: Seat): Promise<void>;
  /** Writes something of no meaning, durable when resolved: does the disk take anything again? Absent where it always does. */
  probe?(): Promise<void>;
  /** Draws a new store id, durable when resolved: the log under the old one is known further or differently elsewhere. */
  renew(): Promise<string>;
}
