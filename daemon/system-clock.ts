/** The machine's own time and randomness: the only file of the daemon that touches timers, `Date`, `performance` or `crypto`'s random bytes. */
import { randomBytes } from 'node:crypto';
import type { Clock, Randomness, Timer } from './clock.ts';

/** A timer at most this far away fits Node's 32-bit delay; longer waits are made of several. */
const longestDelay = 2 ** 31 - 1;

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

/** Monotonic time counts from the start of the process and stands still while the machine is suspended. */
export function systemClock(): Clock {
  return { now: () => performance.now(), wall: () => Date.now(), after, every };
}

/** From the kernel's generator: good for secrets. */
export function systemRandomness(): Randomness {
  return {
    fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
    hex: (bytes) => randomBytes(bytes).toString('hex'),
  };
}
