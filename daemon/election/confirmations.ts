/** Those who wait until enough voters have renewed the term after they asked. */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock, Timer } from '../clock.ts';

interface Waiter {
  readonly after: number;
  readonly counts: ReadonlySet<NodeId>;
  readonly timer: Timer;
  resolve(confirmed: boolean): void;
}

export interface ConfirmationsNeeds {
  readonly clock: Clock;
  /** Have enough of these granted what was asked after the first `after` questions? */
  isConfirmed(after: number, counts: ReadonlySet<NodeId>): boolean;
}

export class Confirmations {
  readonly #needs: ConfirmationsNeeds;
  readonly #waiters = new Set<Waiter>();

  constructor(needs: ConfirmationsNeeds) {
    this.#needs = needs;
  }

  /** False after `waitMs`. */
  wait(after: number, counts: ReadonlySet<NodeId>, waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#needs.clock.after(waitMs, () => this.#settle(waiter, false));
      const waiter: Waiter = { after, counts, timer, resolve };
      this.#waiters.add(waiter);
    });
  }

  /** A voter has answered. */
  look(): void {
    for (const waiter of [...this.#waiters]) if (this.#needs.isConfirmed(waiter.after, waiter.counts)) this.#settle(waiter, true);
  }

  end(): void {
    for (const waiter of [...this.#waiters]) this.#settle(waiter, false);
  }

  #settle(waiter: Waiter, confirmed: boolean): void {
    waiter.timer.cancel();
    this.#waiters.delete(waiter);
    waiter.resolve(confirmed);
  }
}
