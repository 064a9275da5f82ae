/** Waiting for something to become true of daemons that may be away, busy, or between two coordinators. */

/**
 * Asks every `everyMs` until `question` is true. A question that throws is not true yet. Rejects after `limitMs`, naming `what` and the last error;
 * the limit is only where hope ends: a machine three times slower must come in far below it.
 */
export async function until(what: string, limitMs: number, question: () => boolean | Promise<boolean>, everyMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    let error: unknown;
    try {
      if (await question()) return;
    } catch (thrown) {
      error = thrown;
    }
    if (performance.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`, error === undefined ? {} : { cause: error });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
