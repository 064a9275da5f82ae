/** The turn of time of a node: runs at the pace asked for and says how late it was, for only a node that was on time may judge others. */
import type { Clock, Timer } from '../clock.ts';

export interface PulseOptions {
  /** Milliseconds until the next turn; asked after every turn. */
  interval(): number;
  /** `lateMs`: how much later than promised this turn came; a machine that slept comes very late. */
  turn(lateMs: number): void;
}

export class Pulse {
  readonly #options: PulseOptions;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #due = Number.POSITIVE_INFINITY;
  /** Lateness that a restart found and no turn has told yet. */
  #owedMs = 0;

  constructor(options: PulseOptions, needs: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = needs.clock;
  }

  /** Starts, or begins the wait anew with the interval that is right now. */
  restart(): void {
    this.#timer?.cancel();
    this.#owedMs += this.#lateMs();
    const interval = this.#options.interval();
    this.#due = this.#clock.now() + interval;
    this.#timer = this.#clock.after(interval, () => this.#turn());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#due = Number.POSITIVE_INFINITY;
  }

  #turn(): void {
    const late = this.#owedMs + this.#lateMs();
    this.#owedMs = 0;
    this.#due = Number.POSITIVE_INFINITY;
    this.#options.turn(late);
    if (this.#timer !== undefined) this.restart();
  }

  #lateMs(): number {
    return Math.max(0, this.#clock.now() - this.#due);
  }
}
