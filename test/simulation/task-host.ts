/** What runs tasks on a machine beside the daemon, as the launcher does: they outlive the daemon's process for a while, and nothing outlives the power. */

import type { Clock } from '../../daemon/clock.ts';
import { attemptKey } from '../../src/model/attempt.ts';
import type { AttemptName, JobRecord } from '../../src/model/job.ts';
import { ProcessClock } from '../support/process-clock.ts';

/** So long tasks wait for another daemon before they are ended; shorter than the launcher's, because all that happens in a seed is. */
const patienceMs = 3000;

export interface HostedTask {
  readonly attempt: AttemptName;
  readonly record: JobRecord;
  /** Known beforehand: its plan says so. */
  readonly fails: boolean;
  readonly startedAt: number;
  /** Never resolves when the power fails. */
  readonly over: Promise<'ended' | 'aborted'>;
  end(how: 'ended' | 'aborted'): void;
}

export class TaskHost {
  readonly #world: Clock;
  readonly #rate: number;
  readonly #gaveUp: () => void;
  #clock: ProcessClock;
  #tasks = new Map<string, HostedTask>();

  constructor(options: { readonly rate: number }, needs: { readonly clock: Clock; gaveUp(): void }) {
    this.#world = needs.clock;
    this.#rate = options.rate;
    this.#gaveUp = needs.gaveUp;
    this.#clock = new ProcessClock(needs.clock, options);
  }

  /** That run, or have ended and are not settled. */
  tasks(): readonly HostedTask[] {
    return [...this.#tasks.values()];
  }

  get(attempt: AttemptName): HostedTask | undefined {
    return this.#tasks.get(keyOf(attempt));
  }

  runningMs(task: HostedTask): number {
    return this.#clock.now() - task.startedAt;
  }

  begin(task: Pick<HostedTask, 'attempt' | 'record' | 'fails'>, milliseconds: number): HostedTask {
    const { promise, resolve } = Promise.withResolvers<'ended' | 'aborted'>();
    const hosted = { ...task, startedAt: this.#clock.now(), over: promise, end: resolve };
    this.#tasks.set(keyOf(task.attempt), hosted);
    this.#clock.after(milliseconds, () => resolve('ended'));
    return hosted;
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
      this.#gaveUp();
      for (const { attempt } of this.tasks()) this.settle(attempt);
    });
  }

  powerFails(): void {
    this.#clock.kill();
    this.#clock = new ProcessClock(this.#world, { rate: this.#rate });
    this.#tasks = new Map();
  }

  /** The machine sleeps. */
  pause(): void {
    this.#clock.pause();
  }

  resume(): void {
    this.#clock.resume();
  }
}

function keyOf(attempt: AttemptName): string {
  return `${attempt.job}/${attemptKey(attempt)}`;
}
