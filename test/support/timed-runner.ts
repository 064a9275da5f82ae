/** A task runner in virtual time: each task takes so long and makes one file, unless the test says otherwise. */
import type { Blobs } from '../../daemon/blobs/blobs.ts';
import type { Clock } from '../../daemon/clock.ts';
import { digestOf } from '../../daemon/records/canonical.ts';
import type { Left, RunningTask, RunResult, TaskRunner } from '../../daemon/worker/task-runner.ts';
import type { AttemptName, JobId, TaskFailure } from '../../src/model/job.ts';

export interface TimedRunnerOptions {
  readonly taskMs: number;
  /** How an attempt ends instead of well. */
  readonly fate?: (attempt: AttemptName) => TaskFailure | undefined;
  /** From abort to the end of its processes. */
  readonly abortMs?: number;
}

export class TimedRunner implements TaskRunner {
  readonly started: AttemptName[] = [];
  readonly aborted: AttemptName[] = [];
  readonly forgotten: JobId[] = [];
  readonly adopted: AttemptName[] = [];
  readonly settled: AttemptName[] = [];
  /** What an earlier life is said to have left; to be set before the start. */
  leftover: Left = { attempts: [], jobs: [] };
  running = 0;
  mostRunning = 0;
  options: TimedRunnerOptions;
  readonly #clock: Clock;
  readonly #blobs: Pick<Blobs, 'put'> | undefined;

  /** With `blobs` the file a task makes is stored, without it is only named. */
  constructor(options: TimedRunnerOptions, needs: { readonly clock: Clock; readonly blobs?: Pick<Blobs, 'put'> }) {
    this.options = options;
    this.#clock = needs.clock;
    this.#blobs = needs.blobs;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  left(): Left {
    return this.leftover;
  }

  adopt(attempt: AttemptName, onProgress: (fraction: number, message: string) => void): RunningTask {
    this.adopted.push(attempt);
    return this.run(attempt, undefined, [], onProgress);
  }

  settle(attempt: AttemptName): void {
    this.settled.push(attempt);
  }

  run(attempt: AttemptName, _record: unknown, _holders: unknown, onProgress: (fraction: number, message: string) => void): RunningTask {
    const end = Promise.withResolvers<RunResult>();
    const finish = (result: RunResult): void => {
      if (done) return;
      done = true;
      this.running -= 1;
      end.resolve(result);
    };
    let done = false;
    this.started.push(attempt);
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    const half = this.#clock.after(this.options.taskMs / 2, () => onProgress(0.5, 'half way'));
    const timer = this.#clock.after(this.options.taskMs, () => void this.#resultOf(attempt).then(finish));
    const abort = (): void => {
      this.aborted.push(attempt);
      half.cancel();
      timer.cancel();
      this.#clock.after(this.options.abortMs ?? 0, () => finish({ type: 'aborted' }));
    };
    return { result: end.promise, abort, renew: () => {} };
  }

  forget(job: JobId): void {
    this.forgotten.push(job);
  }

  async #resultOf(attempt: AttemptName): Promise<RunResult> {
    const failure = this.options.fate?.(attempt);
    if (failure !== undefined) return { type: 'failed', failure };
    const content = Buffer.from(`${attempt.job} ${attempt.step} ${attempt.index}`);
    const blob = (await this.#blobs?.put(content)) ?? { digest: digestOf([...content]), size: content.length };
    const outputs = [{ path: `${attempt.step}-${attempt.index}`, ...blob }];
    return { type: 'done', outputs, report: { process: 100, startedAt: this.#clock.wall(), seconds: this.options.taskMs / 1000, warnings: [] } };
  }
}

export const boom: TaskFailure = { code: 'task-failed', message: 'boom', retry: true, blameNode: false, logTail: '' };
