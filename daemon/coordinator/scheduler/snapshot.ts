/** What the scheduler looks at. It reads this and returns what to do; it changes nothing. */
import type { Inventory } from '../../../src/model/inventory.ts';
import type { HostRequirements, JobId, NodeId } from '../../../src/model/job.ts';

export interface NodeSnapshot {
  readonly id: NodeId;
  readonly inventory: Inventory;
  readonly paused: boolean;
  /** Why nothing is placed there for the moment although it could be (it just failed a task, it is suspected); undefined normally. */
  readonly resting: string | undefined;
  /** It rests because of its disk, which a person may have to mend. */
  readonly diskRefuses?: boolean;
  /** What it runs or has queued, in the order in which it was assigned. */
  readonly held: readonly HostRequirements[];
}

/** A task that waits. `avoid`: nodes on which it failed already. */
export interface Candidate {
  readonly index: number;
  readonly avoid: ReadonlySet<NodeId>;
}

/** Why no task of a step may start whatever the nodes are. */
export type Hold =
  | { readonly code: 'job-paused' | 'inputs-missing' | 'needs-lease-end' | 'cut-off' }
  | { readonly code: 'needs-step'; readonly step: string }
  | { readonly code: 'needs-quorum'; readonly detail: string };

/** The waiting tasks of one step. */
export interface Waiting {
  readonly job: JobId;
  readonly step: string;
  readonly requirements: HostRequirements;
  readonly hold: Hold | undefined;
  /** Nodes that have a session of the job, where its next task starts at once. */
  readonly warm: ReadonlySet<NodeId>;
  /** How many wait. */
  readonly count: number;
  /** Lazily, in the order in which they should start; only as many are looked at as can be placed. */
  candidates(): Iterable<Candidate>;
}

export interface Placement {
  readonly job: JobId;
  readonly step: string;
  readonly index: number;
  readonly node: NodeId;
}
