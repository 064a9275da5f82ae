/** The machine's own time and randomness: the only file of the daemon that touches timers, `Date`, `performance`, uptime or the kernel's random bytes. */
import { randomBytes } from 'node:crypto';
import { uptime } from 'node:os';
import type { Clock, Randomness, Timer } from './clock.ts';

/** A timer at most this far away fits Node's 32-bit delay; longer waits are made of several. */
const longestDelay = 2 ** 31 - 1;
/** How often, at most, the uptime is read to see whether the machine slept (milliseconds): reading costs tens of microseconds, and leases are judged by what it says. */
const sleepCheckMs = 10;
/** Uptime comes in hundredths of a second; less than this is no sleep. */
const shortestSleepMs = 1000;

function after(milliseconds: number, run: () => void): Timer {
  let timeout: NodeJS.Timeout;
  const wait = (left: number): void => {
    timeout = left > longestDelay ? setTimeout(() => wait(left - longestDelay), longestDelay) : setTimeout(run, Math.max(0, left));
  };
  wait(milliseconds);
  return { cancel: () => clearTimeout(timeout) };
}

function every(milliseconds: number, run: () => void): Timer {
  const interval = setInterval(run, Math.min(milliseconds, longestDelay));
  return { cancel: () => clearInterval(interval) };
}

/**
 * Makes a `now` that goes on while the machine is suspended. `awake` stands still then (as Node's own clocks do),
 * `up` does not; both in milliseconds. `slept` is their difference.
 */
export function sleeplessClock(awake: () => number, up: () => number): Required<Pick<Clock, 'now' | 'slept'>> {
  let slept = 0;
  let checkedAt = awake();
  const bornAt = up() - checkedAt;
  const now = (): number => {
    const time = awake();
    if (time - checkedAt >= sleepCheckMs) {
      checkedAt = time;
      const asleep = up() - time - bornAt;
      if (asleep - slept >= shortestSleepMs) slept = asleep;
    }
    return time + slept;
  };
  return { now, slept: () => slept };
}

/** Monotonic from the start of the process, time in suspend included: a timer that slept is seen to be late. */
export function systemClock(): Clock {
  const { now, slept } = sleeplessClock(
    () => performance.now(),
    () => uptime() * 1000,
  );
  return { now, slept, wall: () => Date.now(), after, every };
}

/** From the kernel's generator: good for secrets. */
export function systemRandomness(): Randomness {
  return {
    fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
    hex: (bytes) => randomBytes(bytes).toString('hex'),
  };
}
