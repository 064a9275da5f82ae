/** How a daemon comes to its end: at once, leaving its tasks to the next one, or once what runs has ended. */
import type { DrainView, EndOfTasks } from '../src/api/requests.ts';
import type { Clock, Timer } from './clock.ts';
import type { Membership } from './membership/membership.ts';
import type { WorkerLoad } from './worker/worker-node.ts';

/** How often it is looked whether everything has ended (milliseconds). */
const lookMs = 200;

export interface EndingNeeds {
  readonly clock: Clock;
  readonly membership: Membership;
  readonly worker: { load(): WorkerLoad };
  /** Begins the stop. */
  stop(tasks: EndOfTasks): void;
}

export class Ending {
  readonly #needs: EndingNeeds;
  /** While it drains: whether the node had been paused before, for undoing it. */
  #draining: { readonly wasPaused: boolean; readonly timer: Timer } | undefined;

  constructor(needs: EndingNeeds) {
    this.#needs = needs;
  }

  stop(tasks: EndOfTasks): void {
    this.#draining?.timer.cancel();
    this.#needs.stop(tasks);
  }

  /** Takes no new tasks, and stops once what runs has ended and its results are kept. Idempotent; says what is left. */
  drain(): DrainView {
    const { clock, membership } = this.#needs;
    if (this.#draining === undefined) {
      const wasPaused = membership.member(membership.self)?.facts.paused === true;
      membership.update({ paused: true });
      this.#draining = { wasPaused, timer: clock.every(lookMs, () => this.#look()) };
    }
    return this.#view();
  }

  /** Takes tasks again as before. Idempotent. */
  undrain(): DrainView {
    const draining = this.#draining;
    this.#draining = undefined;
    draining?.timer.cancel();
    if (draining?.wasPaused === false) this.#needs.membership.update({ paused: false });
    return this.#view();
  }

  #look(): void {
    const { running, finished } = this.#needs.worker.load();
    if (running + finished === 0) this.stop('end');
  }

  #view(): DrainView {
    const { running, longestMs, finished } = this.#needs.worker.load();
    return { pid: process.pid, draining: this.#draining !== undefined, running, longestSeconds: longestMs / 1000, finishing: finished };
  }
}
