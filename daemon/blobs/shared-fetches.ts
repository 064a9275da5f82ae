/** One fetch a digest, however many wait for it; it is given up when the last of them is. */
import { SupervmError } from '../../src/model/errors.ts';
import type { Digest } from '../../src/model/job.ts';

const nobodyWaits = new SupervmError('internal', 'nobody waits for it any more');

interface Fetch {
  readonly done: Promise<void>;
  readonly stop: AbortController;
  waiting: number;
}

export class SharedFetches {
  readonly #fetches = new Map<Digest, Fetch>();

  /** Joins the fetch of `digest` under way or starts one. Rejects with the signal's reason as soon as it is aborted. */
  async join(digest: Digest, signal: AbortSignal | undefined, start: (signal: AbortSignal) => Promise<void>): Promise<void> {
    signal?.throwIfAborted();
    const fetch = this.#fetches.get(digest) ?? this.#begin(digest, start);
    fetch.waiting += 1;
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    try {
      await Promise.race([fetch.done, aborted.promise]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      fetch.waiting -= 1;
      if (fetch.waiting === 0) this.#abandon(digest, fetch);
    }
  }

  #begin(digest: Digest, start: (signal: AbortSignal) => Promise<void>): Fetch {
    const stop = new AbortController();
    const done = start(stop.signal);
    done.catch(() => {});
    const fetch = { done, stop, waiting: 0 };
    this.#fetches.set(digest, fetch);
    return fetch;
  }

  #abandon(digest: Digest, fetch: Fetch): void {
    if (this.#fetches.get(digest) === fetch) this.#fetches.delete(digest);
    // With a reason: otherwise each abandoned fetch costs an exception with its stack.
    fetch.stop.abort(nobodyWaits);
  }
}
