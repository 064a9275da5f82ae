/**
 * Reads what a process says no faster than it needs to be heard: a task that prints as fast as it can would otherwise cost the
 * launcher a processor, and with it everybody who waits for the launcher.
 */
import type { Readable } from 'node:stream';

/** Bytes that are read at once, and every `restMs` again: 16 MiB a second. */
const burstBytes = 4 * 1024 * 1024;
const refillBytes = 1024 * 1024;
const restMs = 64;

export class BoundedFlow {
  readonly #paused = new Set<Readable>();
  #left = burstBytes;
  #refilling: NodeJS.Timeout | undefined;

  /** Gives what comes to `take`. All streams of one process share the allowance. */
  read(stream: Readable, take: (bytes: Uint8Array) => void): void {
    stream.on('data', (bytes: Uint8Array) => {
      take(bytes);
      this.#left -= bytes.length;
      if (this.#left < burstBytes) this.#refilling ??= setInterval(() => this.#refill(), restMs);
      if (this.#left > 0) return;
      stream.pause();
      this.#paused.add(stream);
    });
  }

  #refill(): void {
    this.#left = Math.min(burstBytes, this.#left + refillBytes);
    if (this.#left > 0) for (const stream of this.#paused) stream.resume();
    if (this.#left > 0) this.#paused.clear();
    if (this.#left < burstBytes) return;
    clearInterval(this.#refilling);
    this.#refilling = undefined;
  }
}
