/** All in milliseconds unless said otherwise. */
export interface CoordinatorOptions {
  /** A new coordinator waits this long at most for what its peers know more. */
  readonly catchUpMs: number;
  /** ... and then this long at most for workers to say what they hold; who answers later is adopted later. */
  readonly censusMs: number;
  /** An attempt that its worker has not named for this long is placed again. Several reports may be lost. */
  readonly leaseMs: number;
  /** Before the attempts of a node are placed again that has fallen silent without closing its connection. */
  readonly silentMs: number;
  /** Answer to an assignment; the worker may have to fetch the job's record first. */
  readonly assignMs: number;
  /** Longest time without progress while a result's bytes are copied to another machine. */
  readonly copyMs: number;
  /** How long an append waits for the standbys before it counts the copies it has. */
  readonly storeMs: number;
  /** Events within this time are answered by one pass of placing. */
  readonly placingMs: number;
  /** Rest of a node after it failed a task or refused one; doubles with each failure in a row. */
  readonly restMs: number;
  readonly longestRestMs: number;
  /** Pause in placing a job of which a worker could not find the inputs. */
  readonly inputsMissingMs: number;
  /** Results being copied and kept at once; a number, not a time. */
  readonly keepingAtOnce: number;
}

export const coordinatorDefaults: CoordinatorOptions = {
  catchUpMs: 2_000,
  censusMs: 1_500,
  leaseMs: 10_000,
  silentMs: 750,
  assignMs: 5_000,
  copyMs: 20_000,
  storeMs: 3_000,
  placingMs: 5,
  restMs: 1_000,
  longestRestMs: 60_000,
  inputsMissingMs: 5_000,
  keepingAtOnce: 16,
};
