/** What callers of the HTTP API send and get, route by route. Types alone: the schemas that enforce them are in schemas.ts. */

import type { PersonRole } from '../model/cluster-facts.ts';

import type { IsolationLevel } from '../model/isolation.ts';

import type { HostId, JobId, JsonObject, NodeId } from '../model/job.ts';
import type { JobPhase } from '../model/job-state.ts';
import type { AuditView, RevokeReceipt, SecretReceipt, SecretView, TokenReceipt, TokenRequest, TokenView } from './cluster-views.ts';
import type { ExpulsionReceipt, InvitationView, InviteRequest, InviteView, RecoveryReceipt, RotateRequest, RotationReceipt } from './machines.ts';
import type { EventView, JobView, NodeView, PeerView, ResultView, StatusView, WhyView } from './views.ts';

/** What to do about files of the output folder that the job would make. */
export type ExistingFiles = 'refuse' | 'overwrite' | 'skip';

export interface SubmitRequest {
  readonly type: string;
  /** Arguments and settings by key, as the manifest names them. */
  readonly settings: JsonObject;
  /** Absolute; relative paths in the settings and the output folder start here. */
  readonly folder: string;
  /** Default: `<job name>-frames` (or `-output`) in `folder`. */
  readonly outputFolder?: string | undefined;
  readonly existing?: ExistingFiles | undefined;
  readonly owner?: string | undefined;
  /** Idempotency key: submitting the same job again under it returns the first one's id. Default: a new one. */
  readonly key?: string | undefined;
  /** Wait until that many machines have the job and its inputs, `copiesSeconds` (30) at most; the job is taken with fewer too. */
  readonly copies?: number | undefined;
  readonly copiesSeconds?: number | undefined;
  /** Once-only steps run in a degraded term too: the caller vouches that no other side of a partition runs them. */
  readonly alone?: boolean | undefined;
  /** Only on nodes that keep tasks apart at least so well. */
  readonly isolation?: IsolationLevel | undefined;
  /** Cores for each task, instead of what the job type asks for. */
  readonly cores?: number | undefined;
  /** No other task runs on the cores of one. */
  readonly exclusive?: boolean | undefined;
}

export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface SubmitReceipt {
  /** Undefined when there was nothing to do: every file exists and `skip` was asked for. */
  readonly id: JobId | undefined;
  readonly name: string;
  readonly tasks: number;
  /** Tasks left out because their files exist. */
  readonly skipped: number;
  readonly outputFolder: string;
  readonly inputs: { readonly files: number; readonly bytes: number };
  /** Machines that have the job and its inputs on disk. */
  readonly copies: readonly HostId[];
  /** How many were wanted: min(3, live machines). */
  readonly wanted: number;
  readonly warnings: readonly Warning[];
  /** What the job type decided and the settings do not say, as sentences. */
  readonly notes?: readonly string[];
}

/** Steps of a call that takes time; `total` is 0 while unknown. */
export interface CallProgress {
  readonly stage: 'reading' | 'storing' | 'copying' | 'fetching';
  readonly done: number;
  readonly total: number;
  readonly message: string;
}

export interface CancelReceipt {
  readonly job: JobView;
  /** Names of known nodes that could not be told and may finish what they have. */
  readonly notReached: readonly string[];
}

export interface RemoveReceipt {
  readonly id: JobId;
  /** Machines that have the removal on disk; the others learn of it when they are back. */
  readonly copies: readonly HostId[];
  readonly notReached: readonly string[];
}

export interface ForgetReceipt {
  readonly node: NodeId;
  /** Names of those that vote from now on. */
  readonly voters: readonly string[];
}

export interface DeliverRequest {
  readonly folder: string;
  readonly existing?: ExistingFiles | undefined;
}

export interface DeliverReceipt {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  readonly skipped: number;
  /** Tasks of the job that have no result (yet). */
  readonly missing: number;
}

/** What becomes of running tasks when the daemon stops: `end`: they go back to the cluster; `leave`: they run on, and the next daemon adopts them. */
export type EndOfTasks = 'end' | 'leave';

/** Which daemon is meant: another one that has come since only says what it does. */
export interface WhichDaemon {
  readonly pid?: number | undefined;
}

/** What a daemon that drains waits for. */
export interface DrainView {
  readonly pid: number;
  readonly draining: boolean;
  /** It ends now: too late to undo. */
  readonly stopping: boolean;
  /** Tasks that run on this machine. */
  readonly running: number;
  /** For how long the longest of them has been running. */
  readonly longestSeconds: number;
  /** Tasks that have ended, their results not kept yet. */
  readonly finishing: number;
}

export interface ShutdownReceipt {
  readonly pid: number;
  /** Flags that start it again as it was started. */
  readonly words: readonly string[];
}

/** What is known of one try at a task that ended. */
export interface LogView {
  readonly task: string;
  readonly attempt: number;
  readonly nodeName: string;
  readonly outcome: 'kept' | 'failed';
  readonly message: string;
  readonly lines: readonly string[];
  /** Unix milliseconds. */
  readonly at: number;
}

export interface ResourcesView {
  readonly nodes: number;
  readonly cpu: { readonly cores: number; readonly used: number };
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
  readonly disk: { readonly freeBytes: number };
  readonly gpus: readonly { readonly node: string; readonly model: string; readonly memoryBytes: number | undefined }[];
  readonly programs: readonly { readonly name: string; readonly version: string; readonly nodes: number }[];
}

/** Counts since the daemon knows of them; no figure here is estimated. */
export interface MetricsView {
  readonly uptimeSeconds: number;
  readonly residentBytes: number;
  /** Of JavaScript's heap, what is in use, garbage not yet collected included. */
  readonly heapBytes: number;
  /** To other nodes, and the streams on them. */
  readonly connections: number;
  readonly streams: number;
  /** Of those streams, what one for each protocol and direction does not explain: what stays is a leak. */
  readonly repeatedStreams: number;
  /** Heard from nodes of another version, and passed over. */
  readonly unknownMessages: number;
  /** Said by nodes beyond their limits, and not heard. */
  readonly droppedMessages: number;
  /** Connections that have not shown yet that they belong to the cluster, and those that were closed before they could. */
  readonly strangers: number;
  readonly refusedConnections: number;
  readonly nodes: { readonly alive: number; readonly suspect: number; readonly unreachable: number };
  readonly jobs: { readonly [phase in JobPhase]?: number };
  readonly tasks: { readonly kept: number; readonly running: number; readonly pending: number; readonly failed: number };
  readonly taskSeconds: number;
}

export interface SuperVmRender {
  readonly sceneFile: string;
  readonly frameStart?: number | undefined;
  readonly frameEnd?: number | undefined;
  readonly options?: { readonly [key: string]: string | number | boolean } | undefined;
  /** Absolute; default: beside the scene. */
  readonly outputFolder?: string | undefined;
}

export interface LoginCodeView {
  /** A secret: whoever has it may open one session. */
  readonly code: string;
  readonly role: PersonRole;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

export interface SessionView {
  readonly role: PersonRole;
  /** Unix milliseconds; later while the session is used. */
  readonly expiresAt: number;
  /** To be sent as `x-supervm-session` with whatever changes something: the cookie alone only looks. */
  readonly proof: string;
}

export interface CallerView {
  /** `owner`, `token:NAME` or `session:ID`. */
  readonly who: string;
  readonly role: PersonRole;
}

type OfJob = { readonly job: string };
type Nothing = { readonly [key: string]: never };
interface Shape<Params, Query, Body, Reply> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly reply: Reply;
}

/** Every route's parts; routes.ts holds the table beside it and the compiler keeps both in step. */
export interface RouteTypes {
  health: Shape<Nothing, Nothing, undefined, { readonly ok: true; readonly node: NodeId; readonly version: string }>;
  status: Shape<Nothing, Nothing, undefined, StatusView>;
  nodes: Shape<Nothing, Nothing, undefined, readonly NodeView[]>;
  peers: Shape<Nothing, Nothing, undefined, readonly PeerView[]>;
  pauseNode: Shape<{ readonly node: string }, Nothing, undefined, NodeView>;
  unpauseNode: Shape<{ readonly node: string }, Nothing, undefined, NodeView>;
  forgetNode: Shape<{ readonly node: string }, Nothing, { readonly acceptLoss?: boolean | undefined } | undefined, ForgetReceipt>;
  jobs: Shape<Nothing, { readonly phase?: JobPhase | undefined }, undefined, readonly JobView[]>;
  submit: Shape<Nothing, Nothing, SubmitRequest, SubmitReceipt>;
  job: Shape<OfJob, Nothing, undefined, JobView>;
  jobEvents: Shape<OfJob, Nothing, undefined, EventView>;
  cancel: Shape<OfJob, Nothing, undefined, CancelReceipt>;
  remove: Shape<OfJob, Nothing, { readonly force?: boolean | undefined }, RemoveReceipt>;
  retry: Shape<OfJob, Nothing, undefined, JobView>;
  pause: Shape<OfJob, Nothing, undefined, JobView>;
  resume: Shape<OfJob, Nothing, undefined, JobView>;
  why: Shape<OfJob, Nothing, undefined, WhyView>;
  results: Shape<OfJob, Nothing, undefined, readonly ResultView[]>;
  logs: Shape<OfJob, { readonly task?: string | undefined }, undefined, readonly LogView[]>;
  deliver: Shape<OfJob, Nothing, DeliverRequest, DeliverReceipt>;
  tokens: Shape<Nothing, Nothing, undefined, readonly TokenView[]>;
  createToken: Shape<Nothing, Nothing, TokenRequest | undefined, TokenReceipt>;
  revokeToken: Shape<{ readonly token: string }, Nothing, undefined, RevokeReceipt>;
  secrets: Shape<Nothing, Nothing, undefined, readonly SecretView[]>;
  setSecret: Shape<{ readonly secret: string }, Nothing, { readonly value: string }, SecretReceipt>;
  removeSecret: Shape<{ readonly secret: string }, Nothing, undefined, SecretReceipt>;
  audit: Shape<
    Nothing,
    { readonly since?: string | undefined; readonly who?: string | undefined; readonly limit?: string | undefined },
    undefined,
    readonly AuditView[]
  >;
  invite: Shape<Nothing, Nothing, InviteRequest | undefined, InviteView>;
  invitation: Shape<{ readonly invite: string }, Nothing, undefined, InvitationView>;
  answerInvite: Shape<{ readonly invite: string }, Nothing, { readonly newcomer: string; readonly admit: boolean }, InvitationView>;
  rotateSecret: Shape<Nothing, Nothing, RotateRequest | undefined, RotationReceipt>;
  recover: Shape<Nothing, Nothing, { readonly code: string }, RecoveryReceipt>;
  removeNode: Shape<{ readonly node: string }, Nothing, undefined, ExpulsionReceipt>;
  events: Shape<Nothing, Nothing, undefined, EventView>;
  drain: Shape<Nothing, Nothing, WhichDaemon | undefined, DrainView>;
  undrain: Shape<Nothing, Nothing, WhichDaemon | undefined, DrainView>;
  shutdown: Shape<Nothing, Nothing, { readonly tasks?: EndOfTasks | undefined } | undefined, ShutdownReceipt>;
  loginCode: Shape<Nothing, Nothing, { readonly role?: PersonRole | undefined } | undefined, LoginCodeView>;
  openSession: Shape<Nothing, Nothing, { readonly code: string }, SessionView>;
  session: Shape<Nothing, Nothing, undefined, CallerView>;
  closeSession: Shape<Nothing, Nothing, undefined, { readonly closed: boolean }>;
  superVmStatus: Shape<Nothing, Nothing, undefined, StatusView>;
  superVmResources: Shape<Nothing, Nothing, undefined, ResourcesView>;
  superVmMetrics: Shape<Nothing, Nothing, undefined, MetricsView>;
  superVmRender: Shape<
    Nothing,
    { readonly wait?: string | undefined },
    SuperVmRender,
    { readonly jobId: JobId | undefined; readonly job: JobView | undefined; readonly receipt: SubmitReceipt }
  >;
}

export type RouteName = keyof RouteTypes;
