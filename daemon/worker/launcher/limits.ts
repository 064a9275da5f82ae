/** What one session may use of the machine, and how it is told that it wanted more. */

/** Of a session with everything it starts, taken together. What is absent is not limited. */
export interface Limits {
  readonly memoryBytes?: number;
  /** Processes and threads. */
  readonly processes?: number;
  /** Processors' worth of time. */
  readonly cores?: number;
  /** So many whole processors are its alone while it has a task. */
  readonly exclusiveCores?: number;
  /** Everything below `folder`, and each file by itself. */
  readonly disk?: { readonly folder: string; readonly bytes: number };
  /** Of all sessions of this machine together, so that the daemon keeps its share. */
  readonly together?: { readonly memoryBytes: number };
}

/** The limit for which a session was ended. `limit`: bytes, or a number of processes, or of processors that it could not have for itself. */
export interface LimitHit {
  readonly what: 'memory' | 'processes' | 'disk' | 'exclusive-cores';
  readonly limit: number;
}
