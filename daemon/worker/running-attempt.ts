/** The handle of an attempt that runs: aborting and renewing reach its session once it has one. */
import type { AttemptName } from '../../src/model/job.ts';
import type { WrittenAttempt } from './attempt-files.ts';
import type { Lease, OnProgress, RunResult } from './task-runner.ts';

interface SessionEnd {
  abort(): void;
  renew(until: number): void;
}

export class RunningAttempt {
  readonly attempt: AttemptName;
  readonly onProgress: OnProgress;
  ended: Promise<RunResult> | undefined;
  /** On disk, with its result, from when there is one. */
  ending: WrittenAttempt | undefined;
  readonly #abort = new AbortController();
  #lease: Lease | undefined;
  #session: SessionEnd | undefined;

  constructor(attempt: AttemptName, onProgress: OnProgress, lease?: Lease) {
    this.attempt = attempt;
    this.onProgress = onProgress;
    this.#lease = lease;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get lease(): Lease | undefined {
    return this.#lease;
  }

  abort(): void {
    this.#abort.abort();
    this.#session?.abort();
  }

  renew(until: number): void {
    if (this.#lease !== undefined) this.#lease = { ms: this.#lease.ms, until };
    this.#session?.renew(until);
  }

  /** The session has its task now; undefined: no more. */
  attach(session: SessionEnd | undefined): void {
    this.#session = session;
    if (this.signal.aborted) session?.abort();
    else if (this.#lease !== undefined) session?.renew(this.#lease.until);
  }
}
