/** How a daemon comes to its end: at once, leaving its tasks to the next one, or once what runs has ended. */
import type { DrainView, EndOfTasks } from '../src/api/requests.ts';
import { drainingLabel } from '../src/model/inventory.ts';
import type { Clock, Timer } from './clock.ts';
import type { Membership } from './membership/membership.ts';
import type { WorkerLoad } from './worker/worker-node.ts';

/** How often it is looked whether everything has ended (milliseconds). */
const lookMs = 200;

export interface EndingNeeds {
  readonly clock: Clock;
  readonly membership: Membership;
  readonly worker: { load(): WorkerLoad };
  /** Tells everybody one label of this node, or no longer. */
  label(name: string, value: string | undefined): void;
  /** Begins the stop. */
  stop(tasks: EndOfTasks): void;
}

export class Ending {
  readonly #needs: EndingNeeds;
  /** Somebody's wish, apart from draining: neither undoes the other. */
  #paused = false;
  #draining: Timer | undefined;
  #stopping = false;

  constructor(needs: EndingNeeds) {
    this.#needs = needs;
  }

  stop(tasks: EndOfTasks): void {
    this.#stopping = true;
    this.#draining?.cancel();
    this.#needs.stop(tasks);
  }

  /** Gives this node no new tasks, or tasks again, as soon as it does not drain any more. */
  pause(paused: boolean): void {
    this.#paused = paused;
    this.#tell();
  }

  /**
   * Takes no new tasks, and stops once what runs has ended and its results are kept. Idempotent; says what is left. With the `pid` of
   * another process it only says so: the daemon that was meant has gone.
   */
  drain(pid = process.pid): DrainView {
    if (pid === process.pid && !this.#stopping && this.#draining === undefined) {
      this.#draining = this.#needs.clock.every(lookMs, () => this.#look());
      this.#tell();
    }
    return this.#view();
  }

  /** Takes tasks again as before, unless it is too late: then the answer says `stopping`. Idempotent. `pid` as above. */
  undrain(pid = process.pid): DrainView {
    if (pid === process.pid && !this.#stopping) {
      this.#draining?.cancel();
      this.#draining = undefined;
      this.#tell();
    }
    return this.#view();
  }

  #tell(): void {
    const drains = this.#draining !== undefined;
    this.#needs.label(drainingLabel, drains ? 'yes' : undefined);
    this.#needs.membership.update({ paused: this.#paused || drains });
  }

  #look(): void {
    const { running, finished } = this.#needs.worker.load();
    if (running + finished === 0) this.stop('end');
  }

  #view(): DrainView {
    const { running, longestMs, finished } = this.#needs.worker.load();
    const draining = this.#draining !== undefined;
    return { pid: process.pid, draining, stopping: this.#stopping, running, longestSeconds: longestMs / 1000, finishing: finished };
  }
}
