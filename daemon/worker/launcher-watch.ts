/** Notices that a launcher does not answer any more though its connection stands: it was stopped, or hangs. */
import type { Clock, Timer } from '../clock.ts';

/** Questions without an answer in a row. Each is asked by a turn of this process: time in which the whole machine stood still counts once. */
const mostUnanswered = 3;

export interface WatchNeeds {
  readonly clock: Clock;
  ask(): void;
  /** It waits for a disk and cannot answer: to kill it would not make the disk faster, and costs what it runs. */
  isHeldByDisk(): boolean;
  /** The last call. */
  onSilent(): void;
}

export class LauncherWatch {
  readonly #askMs: number;
  readonly #needs: WatchNeeds;
  #timer: Timer | undefined;
  #unanswered = 0;

  /** `silentMs`: so long without a word is a launcher that does not answer. */
  constructor({ silentMs }: { readonly silentMs: number }, needs: WatchNeeds) {
    this.#askMs = silentMs / mostUnanswered;
    this.#needs = needs;
  }

  /** From now on, unless it is being watched. */
  start(): void {
    if (this.#timer === undefined) this.#ask();
  }

  /** Nothing depends on it. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#unanswered = 0;
  }

  /** It said something. */
  heard(): void {
    this.#unanswered = 0;
  }

  #ask(): void {
    this.#unanswered += 1;
    this.#needs.ask();
    this.#timer = this.#needs.clock.after(this.#askMs, () => {
      if (this.#unanswered > 0 && this.#needs.isHeldByDisk()) this.#unanswered -= 1;
      if (this.#unanswered < mostUnanswered) this.#ask();
      else this.#needs.onSilent();
    });
  }
}
