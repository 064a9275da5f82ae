/** A pace with room for bursts: a counter that refills with time. What is taken beyond it is owed. */

export interface Pace {
  readonly perSecond: number;
  /** As much may come at once after a quiet time. */
  readonly burst: number;
}

export class TokenBucket {
  readonly #pace: Pace;
  #left: number;
  #at: number;

  /** @param now monotonic milliseconds, here and below */
  constructor(pace: Pace, now: number) {
    this.#pace = pace;
    this.#left = pace.burst;
    this.#at = now;
  }

  /** What is left after taking so much; below zero it is owed. */
  take(amount: number, now: number): number {
    this.#refill(now);
    this.#left -= amount;
    return this.#left;
  }

  /** Takes so much if it is there; false, and nothing is taken, where it would be owed. */
  tryTake(amount: number, now: number): boolean {
    if (this.take(amount, now) >= 0) return true;
    this.giveBack(amount);
    return false;
  }

  /** What was taken did not happen. */
  giveBack(amount: number): void {
    this.#left += amount;
  }

  /** Milliseconds until nothing is owed any more. */
  owedMs(now: number): number {
    this.#refill(now);
    return this.#left >= 0 ? 0 : (-this.#left / this.#pace.perSecond) * 1000;
  }

  isFull(now: number): boolean {
    this.#refill(now);
    return this.#left >= this.#pace.burst;
  }

  #refill(now: number): void {
    const { perSecond, burst } = this.#pace;
    if (now > this.#at) this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1000) * perSecond);
    this.#at = now;
  }
}
