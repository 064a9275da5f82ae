/** What runs tasks on a machine beside the daemon, as the launcher does: they outlive the daemon's process for a while, but not their lease, and nothing outlives the power. */

import type { Clock } from '../../daemon/clock.ts';
import { attemptKey } from '../../src/model/attempt.ts';
import type { AttemptName, JobRecord } from '../../src/model/job.ts';
import { ProcessClock } from '../support/process-clock.ts';

/** So long tasks wait for another daemon before they are ended; shorter than the launcher's, because all that happens in a seed is. */
const patienceMs = 3000;

/** Of a once-only attempt: how long each renewal is good for, and when the last one ends by the host's clock. */
export interface HostedLease {
  readonly ms: number;
  readonly until: number;
}

export interface HostedTask {
  readonly attempt: AttemptName;
  readonly record: JobRecord;
  /** Known beforehand: its plan says so. */
  readonly fails: boolean;
  readonly startedAt: number;
  /** Never resolves when the power fails. */
  readonly over: Promise<'ended' | 'aborted'>;
  lease: HostedLease | undefined;
  /** It has ended and is not settled yet. */
  isOver: boolean;
  end(how: 'ended' | 'aborted'): void;
}

export interface TaskHostNeeds {
  readonly clock: Clock;
  gaveUp(): void;
  leaseEnded(task: HostedTask): void;
  /** The machine woke; whatever had to end at once has ended. */
  woke(): void;
}

export class TaskHost {
  readonly #needs: TaskHostNeeds;
  readonly #rate: number;
  #clock: ProcessClock;
  #tasks = new Map<string, HostedTask>();
  /** Of a machine that sleeps nothing runs. */
  isAsleep = false;

  constructor(options: { readonly rate: number }, needs: TaskHostNeeds) {
    this.#needs = needs;
    this.#rate = options.rate;
    this.#clock = new ProcessClock(needs.clock, options);
  }

  /** Goes on while the machine sleeps. */
  now(): number {
    return this.#clock.now();
  }

  /** That run, or have ended and are not settled. */
  tasks(): readonly HostedTask[] {
    return [...this.#tasks.values()];
  }

  get(attempt: AttemptName): HostedTask | undefined {
    return this.#tasks.get(keyOf(attempt));
  }

  runningMs(task: HostedTask): number {
    return this.now() - task.startedAt;
  }

  begin(task: Pick<HostedTask, 'attempt' | 'record' | 'fails' | 'lease'>, milliseconds: number): HostedTask {
    const { promise, resolve } = Promise.withResolvers<'ended' | 'aborted'>();
    const hosted: HostedTask = {
      ...task,
      startedAt: this.now(),
      over: promise,
      isOver: false,
      end: (how) => {
        hosted.isOver = true;
        resolve(how);
      },
    };
    this.#tasks.set(keyOf(task.attempt), hosted);
    this.#clock.after(milliseconds, () => hosted.end('ended'));
    this.#watchLease(hosted);
    return hosted;
  }

  renew(attempt: AttemptName, lease: HostedLease): void {
    const task = this.get(attempt);
    if (task !== undefined) task.lease = lease;
  }

  /** Ends it if it runs, forgets it if it has ended. */
  settle(attempt: AttemptName): void {
    this.get(attempt)?.end('aborted');
    this.#tasks.delete(keyOf(attempt));
  }

  /** The daemon's process is gone; unless another one comes in time, all tasks are ended. */
  daemonIsGone(isBack: () => boolean): void {
    const tasks = this.#tasks;
    this.#clock.after(patienceMs, () => {
      if (isBack() || tasks !== this.#tasks || tasks.size === 0) return;
      this.#needs.gaveUp();
      for (const { attempt } of this.tasks()) this.settle(attempt);
    });
  }

  powerFails(): void {
    this.#clock.kill();
    this.#clock = new ProcessClock(this.#needs.clock, { rate: this.#rate });
    this.#tasks = new Map();
    this.isAsleep = false;
  }

  /** The machine sleeps. */
  pause(): void {
    this.isAsleep = true;
    this.#clock.pause();
  }

  /** Leases that ended in the sleep are dealt with before anything else runs. */
  resume(): void {
    this.isAsleep = false;
    for (const task of this.tasks()) this.#endIfDue(task);
    this.#clock.resume();
    this.#needs.woke();
  }

  /** With or without a daemon. */
  #watchLease(task: HostedTask): void {
    const { lease } = task;
    if (lease === undefined || task.isOver || this.#endIfDue(task)) return;
    this.#clock.after(Math.max(1, lease.until - this.now()), () => this.#watchLease(task));
  }

  #endIfDue(task: HostedTask): boolean {
    if (task.isOver || task.lease === undefined || task.lease.until > this.now()) return false;
    this.#needs.leaseEnded(task);
    task.end('aborted');
    return true;
  }
}

function keyOf(attempt: AttemptName): string {
  return `${attempt.job}/${attemptKey(attempt)}`;
}
