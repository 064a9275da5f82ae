/** What the HTTP API answers; the CLI, `--json` and later the dashboard show these and nothing else. */
import type { Fact } from '../model/facts.ts';
import type { Inventory, Reachability } from '../model/inventory.ts';
import type { IsolationLevel } from '../model/isolation.ts';
import type { AttemptName, Digest, HostId, JobId, NodeId, OutputFile, Term } from '../model/job.ts';
import type { JobPhase } from '../model/job-state.ts';
import type { TaskBounds } from '../model/task-bounds.ts';

export interface NodeView {
  readonly id: NodeId;
  readonly name: string;
  readonly host: HostId;
  readonly version: string;
  /** It runs tasks and does nothing else; absent for members. */
  readonly role?: 'worker';
  readonly reachability: Reachability;
  readonly coordinator: boolean;
  /** Its word makes a term quorate. */
  readonly voter: boolean;
  readonly self: boolean;
  readonly paused: boolean;
  readonly addresses: readonly string[];
  readonly inventory: Inventory;
  /** Tasks that run there now, by the coordinator's word. */
  readonly running: number;
}

/** How well what was taken is kept: the open job that the fewest machines hold. */
export interface DurabilityView {
  /** Machines that hold it, facts and bytes; without an open job, what a new one would get. */
  readonly copies: number;
  /** min(3, machines known, those out of reach included). */
  readonly wanted: number;
  /** The job meant; absent when none is open. */
  readonly job?: JobId;
  /** What is wrong with the disk of the answering node, or with its identity. */
  readonly problems: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
}

/** A task of which the sides of a partition made different files. What was delivered first stays in the output folder. */
export interface ConflictView {
  readonly task: string;
  /** The chosen one first. */
  readonly results: readonly { readonly nodeName: string; readonly quorate: boolean; readonly outputs: readonly OutputFile[] }[];
}

/** How the term stands with the voters. Degraded, repeatable work goes on and once-only work waits. */
export interface StandingView {
  readonly quorate: boolean;
  /** Voters that the coordinator reaches. */
  readonly reachable: number;
  readonly voters: number;
}

export interface StatusView {
  readonly cluster: string;
  readonly node: NodeId;
  /** Where this node serves HTTP over TCP, e.g. `http://127.0.0.1:3000`; absent where it does not. */
  readonly http?: string | undefined;
  readonly coordinator: Term | undefined;
  /** Undefined while no coordinator has said. */
  readonly standing: StandingView | undefined;
  readonly nodes: readonly NodeView[];
  readonly totals: { readonly nodes: number; readonly cores: number; readonly memoryBytes: number; readonly freeMemoryBytes: number; readonly gpus: number };
  /** Copies a new acknowledgement would have: min(3, live machines). */
  readonly copies: number;
  readonly durability: DurabilityView;
  readonly queue: { readonly jobs: number; readonly runningTasks: number; readonly pendingTasks: number; readonly etaSeconds: number | undefined };
}

/** Another node as this one sees it, and what it says of this one. */
export interface PeerView {
  readonly id: NodeId;
  readonly name: string;
  readonly version: string;
  readonly addresses: readonly string[];
  readonly reachability: Reachability;
  /** How heartbeats get there: `udp` while the peer confirms those; `connection` where they do not arrive, or where it is not one that gets them. */
  readonly heartbeats: 'udp' | 'connection';
  /** How far its wall clock is ahead of this node's, give or take `withinMs`; negative: behind. Absent when it gave no answer. */
  readonly aheadMs?: number;
  readonly withinMs?: number;
  /** This node's addresses, and what came of it when the peer dialled them just now. */
  readonly dials?: readonly { readonly address: string; readonly outcome: 'open' | 'refused' | 'silent' | 'no-way' }[];
}

export interface RunningView {
  readonly attempt: AttemptName;
  readonly task: string;
  readonly nodeName: string;
  readonly fraction: number;
  readonly message: string;
  readonly seconds: number;
}

export interface FailureView {
  readonly task: string;
  readonly code: string;
  readonly message: string;
  readonly nodeName: string;
  readonly attempts: number;
  readonly logTail: string;
}

/** How tasks of a step are kept apart on a node that runs them or has run them, and what each may use there, by what the node tells now. */
export interface BoundsView extends TaskBounds {
  readonly step: string;
  readonly nodeName: string;
  /** Absent where the node has not told a level that is known. */
  readonly isolation?: IsolationLevel;
  /** It may use the node's network. */
  readonly network?: true;
  readonly timeoutSeconds?: number;
}

export interface JobView {
  readonly id: JobId;
  readonly name: string;
  readonly type: string;
  readonly owner: string;
  readonly phase: JobPhase;
  /** It ended in a quorate term, most of the voters have that on disk, and it will never be undone. False also where the answering node was not told. */
  readonly settled: boolean;
  /** It ended in a degraded term: the other side of a cut network may have ended it otherwise. */
  readonly degraded?: boolean;
  readonly generation: number;
  readonly submittedAt: number;
  readonly submitter: NodeId;
  readonly outputFolder: string;
  readonly tasks: { readonly total: number; readonly kept: number; readonly running: number; readonly failed: number; readonly pending: number };
  /** Files pulled into the output folder so far; known on the submitting node only. */
  readonly delivered: number | undefined;
  /** Every file made so far is in the output folder; known on the submitting node only. */
  readonly deliveryComplete: boolean | undefined;
  /** Why files cannot be written into the output folder right now; it is tried again. */
  readonly deliveryProblem: { readonly code: string; readonly message: string } | undefined;
  readonly running: readonly RunningView[];
  readonly failures: readonly FailureView[];
  /** A row a step and node; absent where none has begun. */
  readonly bounds?: readonly BoundsView[];
  readonly etaSeconds: number | undefined;
  /** Names of tasks with different results. */
  readonly conflicts: readonly string[];
  /** The same tasks and what was made of them. */
  readonly conflictingResults: readonly ConflictView[];
  /** Machines that hold the job's facts and, while it is open, its input files, as far as the answering node knows. */
  readonly copies: readonly HostId[];
  /** min(3, machines known, those out of reach included). */
  readonly copiesWanted: number;
  /** Machines that hold the least held result of those that are not in the output folder yet; absent when there is none or nobody has looked. */
  readonly resultCopies?: number;
}

export interface ResultView {
  readonly task: string;
  readonly attempt: AttemptName;
  readonly nodeName: string;
  readonly process: number;
  readonly seconds: number;
  readonly outputs: readonly OutputFile[];
  readonly warnings: readonly string[];
}

export interface WhyView {
  readonly job: JobId;
  /** One true reason a waiting group of tasks, in words, with the fix. */
  readonly reasons: readonly {
    readonly code: string;
    readonly tasks: number;
    readonly message: string;
    readonly hint: string;
    readonly nodes: readonly { readonly name: string; readonly reason: string }[];
  }[];
}

/** One line of the event stream. */
export type EventView =
  | { readonly type: 'fact'; readonly fact: Fact }
  | { readonly type: 'progress'; readonly job: JobId; readonly view: JobView }
  | { readonly type: 'delivered'; readonly job: JobId; readonly file: string; readonly digest: Digest }
  /** Another result of the task was found, with other files. */
  | { readonly type: 'conflict'; readonly job: JobId; readonly conflict: ConflictView }
  | { readonly type: 'nodes' };
