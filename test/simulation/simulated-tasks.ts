/** A TaskRunner in virtual time: tasks take as long as their plan says, fail as it says, and always make the same bytes. */
import type { Blobs } from '../../daemon/blobs/blobs.ts';
import { decodeTree } from '../../daemon/blobs/tree.ts';
import type { Clock } from '../../daemon/clock.ts';
import type { Left, RunningTask, RunResult, TaskRunner } from '../../daemon/worker/task-runner.ts';
import type { AttemptName, JobRecord, NodeId, TaskFailure } from '../../src/model/job.ts';
import type { TaskPlan } from './plan.ts';

/** What a task makes, whoever runs it: the checker knows it beforehand. */
export function outputBytes(record: JobRecord, step: string, index: number): Uint8Array {
  return Buffer.from(`${record.key} ${step} ${index} `.repeat(20));
}

/** How a task behaves, as its job's record says. */
function taskPlanOf(record: JobRecord, step: string, index: number): TaskPlan {
  const script = record.steps.find(({ name }) => name === step)?.script as { readonly tasks: readonly TaskPlan[] } | undefined;
  const plan = script?.tasks[index];
  if (plan === undefined) throw new RangeError(`the job ${record.key} has no task ${step}/${index}`);
  return plan;
}

export interface RunnerNeeds {
  readonly clock: Clock;
  blobs(): Blobs;
  /** Told as a run begins; answers how many runs of the task failed before. */
  began(attempt: AttemptName): number;
  finished(attempt: AttemptName, result: RunResult): void;
}

export class SimulatedRunner implements TaskRunner {
  readonly #needs: RunnerNeeds;
  readonly #runs = new Set<AbortController>();

  constructor(needs: RunnerNeeds) {
    this.#needs = needs;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    for (const run of this.#runs) run.abort();
  }

  run(attempt: AttemptName, record: JobRecord, holders: readonly NodeId[], onProgress: (fraction: number, message: string) => void): RunningTask {
    const stop = new AbortController();
    this.#runs.add(stop);
    const failuresBefore = this.#needs.began(attempt);
    const aborted = new Promise<RunResult>((resolve) => stop.signal.addEventListener('abort', () => resolve({ type: 'aborted' }), { once: true }));
    const work = this.#work(attempt, record, holders, failuresBefore, onProgress);
    const result = Promise.race([work, aborted]).then((ended) => {
      this.#runs.delete(stop);
      this.#needs.finished(attempt, ended);
      return ended;
    });
    return { result, abort: () => stop.abort(), renew: () => {} };
  }

  /** Nothing outlives a simulated process yet. */
  left(): Left {
    return { attempts: [], jobs: [] };
  }

  adopt(): never {
    throw new Error('nothing was left to adopt');
  }

  settle(): void {}

  forget(): void {}

  async #work(
    attempt: AttemptName,
    record: JobRecord,
    holders: readonly NodeId[],
    failuresBefore: number,
    onProgress: (fraction: number, message: string) => void,
  ): Promise<RunResult> {
    const plan = taskPlanOf(record, attempt.step, attempt.index);
    const { clock } = this.#needs;
    try {
      await this.#fetchInputs(record, holders);
    } catch (error) {
      return failed({ code: 'file-missing', message: String(error), retry: true, blameNode: true });
    }
    await this.#sleep(plan.milliseconds / 2);
    onProgress(0.5, 'half way');
    await this.#sleep(plan.milliseconds / 2);
    if (failuresBefore < plan.failures) return failed({ code: 'task-failed', message: 'planned', retry: plan.retry, blameNode: plan.blameNode });
    try {
      const blob = await this.#needs.blobs().put(outputBytes(record, attempt.step, attempt.index));
      const outputs = [{ path: `${attempt.step}-${attempt.index}.out`, digest: blob.digest, size: blob.size }];
      return { type: 'done', outputs, report: { process: 1, startedAt: clock.wall(), seconds: plan.milliseconds / 1000, warnings: [] } };
    } catch (error) {
      return failed({ code: 'disk-full', message: String(error), retry: true, blameNode: true });
    }
  }

  async #fetchInputs(record: JobRecord, holders: readonly NodeId[]): Promise<void> {
    const blobs = this.#needs.blobs();
    const tree = decodeTree(await blobs.bytes({ digest: record.inputs.tree }, holders));
    await blobs.fetch(tree, holders);
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#needs.clock.after(milliseconds, resolve));
  }
}

function failed(failure: Omit<TaskFailure, 'logTail'>): RunResult {
  return { type: 'failed', failure: { ...failure, logTail: '' } };
}
