/** A TaskRunner in virtual time: tasks take as long as their plan says, fail as it says, and always make the same bytes. */
import type { Blobs } from '../../daemon/blobs/blobs.ts';
import { decodeTree } from '../../daemon/blobs/tree.ts';
import type { Clock } from '../../daemon/clock.ts';
import type { Lease, Left, OnProgress, RunningTask, RunResult, TaskRunner } from '../../daemon/worker/task-runner.ts';
import type { AttemptName, JobRecord, NodeId, TaskFailure } from '../../src/model/job.ts';
import type { TaskPlan } from './plan.ts';
import type { HostedLease, HostedTask, TaskHost } from './task-host.ts';

/** What a task makes, whoever runs it with that version of the job type: the checker knows it beforehand. */
export function outputBytes(record: JobRecord, step: string, index: number, version: number): Uint8Array {
  return Buffer.from(`${record.key} ${step} ${index} version ${version} `.repeat(20));
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
  /** Outlives this runner. */
  readonly host: TaskHost;
  pluginVersion(): number;
  blobs(): Blobs;
  /** Is the process still the one that this runner belongs to? */
  isAlive(): boolean;
  /** Passes a point at which the machine may die. */
  hit(point: string): void;
  /** Told as a run begins; answers how many runs of the task failed before. */
  began(attempt: AttemptName): number;
  /** A program runs now, or runs on. */
  runs(): void;
  /** A run of an earlier life is taken up. */
  adopted(attempt: AttemptName): void;
  finished(attempt: AttemptName, result: RunResult): void;
}

/** What may change while a run goes on. */
interface Course {
  readonly stop: AbortController;
  lease: HostedLease | undefined;
}

interface Asked {
  readonly attempt: AttemptName;
  readonly record: JobRecord;
  readonly holders: readonly NodeId[];
  readonly failuresBefore: number;
  readonly onProgress: OnProgress;
}

export class SimulatedRunner implements TaskRunner {
  readonly #needs: RunnerNeeds;

  constructor(needs: RunnerNeeds) {
    this.#needs = needs;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  left(): Left {
    const { host } = this.#needs;
    const tasks = host.tasks();
    return {
      attempts: tasks.map((task) => ({ attempt: task.attempt, runningMs: host.runningMs(task), ...this.#leaseOf(task) })),
      jobs: [...new Set(tasks.map(({ attempt }) => attempt.job))],
    };
  }

  adopt(attempt: AttemptName): RunningTask {
    const { host, adopted } = this.#needs;
    const task = host.get(attempt);
    if (task === undefined) throw new Error('nothing of that name was left');
    adopted(attempt);
    return this.#running(attempt, this.#conclude(task), { stop: new AbortController(), lease: task.lease });
  }

  settle(attempt: AttemptName): void {
    this.#needs.host.settle(attempt);
  }

  run(attempt: AttemptName, record: JobRecord, holders: readonly NodeId[], onProgress: OnProgress, lease?: Lease): RunningTask {
    const failuresBefore = this.#needs.began(attempt);
    const course: Course = { stop: new AbortController(), lease: lease === undefined ? undefined : this.#hosted(lease) };
    return this.#running(attempt, this.#work({ attempt, record, holders, failuresBefore, onProgress }, course), course);
  }

  forget(): void {}

  /** The host has a clock of its own, which runs as fast. */
  #hosted({ ms, until }: Lease): HostedLease {
    const { clock, host } = this.#needs;
    return { ms, until: until - clock.now() + host.now() };
  }

  #leaseOf({ lease }: HostedTask): { readonly lease?: Lease } {
    const { clock, host } = this.#needs;
    return lease === undefined ? {} : { lease: { ms: lease.ms, until: lease.until - host.now() + clock.now() } };
  }

  #running(attempt: AttemptName, work: Promise<RunResult>, course: Course): RunningTask {
    const { stop } = course;
    const aborted = new Promise<RunResult>((resolve) => stop.signal.addEventListener('abort', () => resolve({ type: 'aborted' }), { once: true }));
    const result = Promise.race([work, aborted]).then((ended) => {
      this.#needs.finished(attempt, ended);
      return ended;
    });
    const abort = (): void => {
      stop.abort();
      this.settle(attempt);
    };
    const renew = (until: number): void => {
      course.lease = this.#hosted({ ms: course.lease?.ms ?? 0, until });
      this.#needs.host.renew(attempt, course.lease);
    };
    return { result, abort, renew };
  }

  async #work({ attempt, record, holders, failuresBefore, onProgress }: Asked, course: Course): Promise<RunResult> {
    const plan = taskPlanOf(record, attempt.step, attempt.index);
    const { clock, host } = this.#needs;
    try {
      await this.#fetchInputs(record, holders);
    } catch (error) {
      return failed({ code: 'file-missing', message: String(error), retry: true, blameNode: true });
    }
    const { stop, lease } = course;
    if (stop.signal.aborted || (lease !== undefined && lease.until <= host.now())) return { type: 'aborted' };
    const task = host.begin({ attempt, record, fails: failuresBefore < plan.failures, lease }, plan.milliseconds);
    this.#needs.runs();
    clock.after(plan.milliseconds / 2, () => onProgress(0.5, 'half way'));
    return this.#conclude(task);
  }

  /** Once the task is over its outputs are published by whichever daemon is there. */
  async #conclude({ attempt, record, fails, over }: HostedTask): Promise<RunResult> {
    const plan = taskPlanOf(record, attempt.step, attempt.index);
    const end = await over;
    // The host answers whichever daemon is there; one that died meanwhile hears nothing any more.
    if (!this.#needs.isAlive()) return new Promise(() => {});
    if (end === 'aborted') return { type: 'aborted' };
    if (fails) return failed({ code: 'task-failed', message: 'planned', retry: plan.retry, blameNode: plan.blameNode });
    const { blobs, hit, pluginVersion, clock } = this.#needs;
    try {
      hit('before publish');
      const blob = await blobs().put(outputBytes(record, attempt.step, attempt.index, pluginVersion()));
      hit('after publish');
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
}

function failed(failure: Omit<TaskFailure, 'logTail'>): RunResult {
  return { type: 'failed', failure: { ...failure, logTail: '' } };
}
