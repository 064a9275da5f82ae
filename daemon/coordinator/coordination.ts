/** What the rest of the daemon may ask of the coordinator, wherever it is. Implemented over the messenger in coordination-client.ts. */
import type { Ended } from '../../src/model/facts.ts';
import type { AttemptName, JobId, NodeId } from '../../src/model/job.ts';

export interface RunningAttempt {
  readonly attempt: AttemptName;
  readonly fraction: number;
  readonly message: string;
  /** Since it was assigned. */
  readonly seconds: number;
}

export interface JobOverview {
  readonly job: JobId;
  readonly pending: number;
  readonly running: readonly RunningAttempt[];
  readonly etaSeconds: number | undefined;
}

/** Why pending tasks wait; from the pure scheduler. */
export interface WaitingReason {
  readonly code:
    | 'no-program'
    | 'program-too-old'
    | 'too-small'
    | 'all-busy'
    | 'nodes-paused'
    | 'job-paused'
    | 'needs-step'
    | 'no-node'
    | 'inputs-missing'
    | 'needs-quorum'
    | 'needs-lease-end'
    | 'cut-off'
    | 'about-to-start';
  readonly tasks: number;
  readonly step: string;
  /** What is missing, where the code does not say it all; `disk` with `all-busy` when it is their disks that keep the nodes from it, `not-isolated` with `too-small` when it is how they keep tasks apart. */
  readonly detail?: string;
  readonly nodes: readonly { readonly node: NodeId; readonly reason: string }[];
}

/** What is known of outcomes beside the facts. Implemented by settled-outcomes.ts. */
export interface OutcomesKnown {
  /** A majority of the voters has it and it will never be undone. False also where this node was not told. */
  isSettled(ended: Ended): boolean;
}

export interface Coordination {
  /** Rejects with `no-coordinator` when none is known or it does not answer. */
  overview(job: JobId | undefined): Promise<readonly JobOverview[]>;
  why(job: JobId): Promise<readonly WaitingReason[]>;
}
