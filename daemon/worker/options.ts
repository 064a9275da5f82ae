/** All in milliseconds. */
export interface WorkerOptions {
  /** Between reports to the coordinator while anything is held; well below its lease. */
  readonly reportMs: number;
  /** After something was dropped, so that several drops make one report. */
  readonly reportSoonMs: number;
  /** Until a coordinator that did not answer, or said `later`, is asked again. */
  readonly retryMs: number;
  /** Longest wait for the answer to an offer: a large result is copied to another machine meanwhile. */
  readonly offerMs: number;
  /** Longest wait for the record of a job that is assigned before it has arrived here. */
  readonly recordMs: number;
}

export const workerDefaults: WorkerOptions = { reportMs: 1_000, reportSoonMs: 20, retryMs: 1_000, offerMs: 120_000, recordMs: 1_500 };
