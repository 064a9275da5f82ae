/** The command line's own time: it only waits and shows durations. The one place below src/ that touches timers. */

/** Monotonic milliseconds. */
export function now(): number {
  return performance.now();
}

/** Unix milliseconds. */
export function wall(): number {
  return Date.now();
}

/** Resolves after the time or, early and without error, when the signal aborts. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.max(0, milliseconds));
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** Aborts after the time; does not keep the process alive. */
export function deadline(milliseconds: number): AbortSignal {
  return AbortSignal.timeout(Math.min(milliseconds, 2 ** 31 - 1));
}
