/** What the routes need that nothing else does: daemon.ts brings it. */
import type { ExpulsionReceipt, InvitationView, InviteRequest, InviteView, RecoveryReceipt, RotateRequest, RotationReceipt } from '../../src/api/machines.ts';
import type { CallProgress, DeliverReceipt, DeliverRequest, DrainView, EndOfTasks, SubmitReceipt, SubmitRequest } from '../../src/api/requests.ts';
import type { AuditLine } from '../../src/model/cluster-facts.ts';
import type { SupervmError } from '../../src/model/errors.ts';
import type { JobId, NodeId } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';

/** Which files a caller may name. */
export interface PathFence {
  /** `path`: absolute. Follows links; tells nothing of what is there. */
  allows(path: string): Promise<boolean>;
  /** `not-allowed`, naming the path. */
  refusal(path: string): SupervmError;
}

/** Implemented by daemon/submitter/submit-job.ts. */
export interface Submitter {
  /** Without a fence every file that the daemon can use may be named. */
  submit(request: SubmitRequest, onProgress: (progress: CallProgress) => void, signal: AbortSignal, fence?: PathFence): Promise<SubmitReceipt>;
}

/** How far a job's files are in its output folder on this node. */
export interface DeliveryState {
  readonly files: number;
  /** Every output of every result so far is in the folder. */
  readonly complete: boolean;
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

/** Implemented by daemon/submitter/delivery.ts and deliver-job.ts. */
export interface Deliveries {
  /** Undefined unless this node submitted the job and it has an output folder. */
  state(job: JobId): DeliveryState | undefined;
  onDelivered(listener: (event: { readonly job: JobId; readonly file: string; readonly digest: string }) => void): void;
  /** After `state` of the job changed without a delivered file. */
  onProblem(listener: (job: JobId) => void): void;
  /** Writes all results of a job into a folder of this machine. */
  deliver(state: JobState, request: DeliverRequest, onProgress: (progress: CallProgress) => void, signal: AbortSignal): Promise<DeliverReceipt>;
}

/** Implemented by daemon/machines.ts. */
export interface Machines {
  invite(request: InviteRequest): Promise<InviteView>;
  /** Undefined where no such invitation is known (any more). */
  look(id: string): InvitationView | undefined;
  /** False where nobody waits by this id (any more). */
  answer(newcomer: string, admit: boolean): boolean;
  /** Replaces the cluster's secret. */
  rotate(request: RotateRequest, caller: { readonly who: string; readonly door: AuditLine['door'] }): Promise<RotationReceipt>;
  /** Makes this machine a holder of an admin key, by the code that was printed at the founding. */
  recover(code: string, caller: { readonly who: string; readonly door: AuditLine['door'] }): Promise<RecoveryReceipt>;
  /** `caller`: by whose word, for the audit. */
  expel(node: NodeId, caller: { readonly who: string; readonly door: AuditLine['door'] }): Promise<Omit<ExpulsionReceipt, 'name'>>;
}

/** How the daemon ends; daemon/ending.ts. */
export interface EndingControl {
  /** Flags that start it again as it was started. */
  readonly words: readonly string[];
  /** Begins the daemon's stop; answers before it has stopped. */
  stop(tasks: EndOfTasks): void;
  /** `pid`: only if this process is meant. */
  drain(pid?: number): DrainView;
  undrain(pid?: number): DrainView;
  /** Gives this node no new tasks, or tasks again; it gets none while it drains either way. */
  pause(paused: boolean): void;
}
