/** The clock of one process in a world of many: the process may be stopped for a while, or killed with all its timers. */
import type { Clock, Timer } from '../../daemon/clock.ts';

export class ProcessClock implements Clock {
  readonly #world: Clock;
  /** What came due while the process was stopped, in order. */
  #held: (() => void)[] | undefined;
  #dead = false;

  constructor(world: Clock) {
    this.#world = world;
  }

  now(): number {
    return this.#world.now();
  }

  wall(): number {
    return this.#world.wall();
  }

  after(milliseconds: number, run: () => void): Timer {
    let cancelled = false;
    const due = (): void => {
      if (cancelled || this.#dead) return;
      if (this.#held === undefined) run();
      else this.#held.push(due);
    };
    const timer = this.#world.after(milliseconds, due);
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  every(milliseconds: number, run: () => void): Timer {
    let timer: Timer;
    const again = (): void => {
      timer = this.after(milliseconds, again);
      run();
    };
    timer = this.after(milliseconds, again);
    return { cancel: () => timer.cancel() };
  }

  /** As SIGSTOP: time goes on, nothing runs. */
  pause(): void {
    this.#held ??= [];
  }

  /** Everything that came due meanwhile runs now, one after the other. */
  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const run of held) this.#world.after(0, run);
  }

  /** As SIGKILL. */
  kill(): void {
    this.#dead = true;
  }
}
