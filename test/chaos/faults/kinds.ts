/** What can be done to real daemons, and what of it keeps nodes from hearing one another. */
export const faultKinds = ['kill', 'kill-all', 'restart', 'stop', 'sleep', 'partition', 'one-way', 'loss', 'delay', 'full-disk', 'clock', 'wipe'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Milliseconds since the run began. */
export interface Fault {
  readonly kind: FaultKind;
  readonly from: number;
  readonly until: number;
  /** Those it strikes; for a partition one side, for a one-way cut first who is no longer heard, then by whom. */
  readonly nodes: readonly string[];
  /** Share of packets for loss; milliseconds for delay (jitter is four fifths of it); seconds for clocks. */
  readonly strength: number;
  /** Strikes at the instant at which the node has acknowledged a submission, when there is one soon. */
  readonly onAcknowledgement: boolean;
}

/** While one of these is active, not all nodes can be told of everything; what is only lost or late arrives in the end. */
export const separating: ReadonlySet<FaultKind> = new Set(['kill', 'kill-all', 'restart', 'stop', 'sleep', 'partition', 'one-way', 'full-disk', 'wipe']);
