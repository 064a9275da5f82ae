/** Time and randomness as dependencies: the real ones live here, the simulation brings its own. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Monotonic milliseconds; only this decides anything. */
  now(): number;
  /** Milliseconds of `now` in which the machine was suspended. Absent where machines do not sleep. */
  slept?(): number;
  /** Unix milliseconds, for people only. */
  wall(): number;
  after(milliseconds: number, run: () => void): Timer;
  /** First run after one interval. */
  every(milliseconds: number, run: () => void): Timer;
}

export interface Randomness {
  /** 0 <= x < 1 */
  fraction(): number;
  /** Lower-case hexadecimal text of `bytes` random bytes. */
  hex(bytes: number): string;
}
