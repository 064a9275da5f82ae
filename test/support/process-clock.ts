/** The clock of one process in a world of many: it runs fast or slow, shows another time of day, and may be stopped for a while, or killed with all its timers. */
import type { Clock, Timer } from '../../daemon/clock.ts';

export interface ProcessClockOptions {
  /** Of its milliseconds that pass in one of the world. Default 1. */
  readonly rate?: number;
  /** What `now()` said at the beginning of the world: no two machines count from the same instant. Default 0. */
  readonly origin?: number;
  /** Milliseconds by which its time of day is wrong, asked each time. */
  wallError?(): number;
}

export class ProcessClock implements Clock {
  readonly #world: Clock;
  readonly #rate: number;
  readonly #origin: number;
  readonly #wallError: () => number;
  /** What came due while the process was stopped, in order. */
  #held: (() => void)[] | undefined;
  #dead = false;

  constructor(world: Clock, options: ProcessClockOptions = {}) {
    this.#world = world;
    this.#rate = options.rate ?? 1;
    this.#origin = options.origin ?? 0;
    this.#wallError = options.wallError ?? (() => 0);
  }

  now(): number {
    return this.#origin + this.#world.now() * this.#rate;
  }

  wall(): number {
    return this.#world.wall() + this.#wallError();
  }

  after(milliseconds: number, run: () => void): Timer {
    let cancelled = false;
    const due = (): void => {
      if (cancelled || this.#dead) return;
      if (this.#held === undefined) run();
      else this.#held.push(due);
    };
    const timer = this.#world.after(milliseconds / this.#rate, due);
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
