/** What this node sends to one peer on one protocol: a stream opened when first needed, frames of one tick in one write, a queue while the stream is full. */

import { encodeFrames, type Frame, frameSize } from '../wire/frame.ts';
import type { Stream } from './libp2p-types.ts';

export interface OutboundLaneNeeds {
  open(): Promise<Stream>;
  /** The stream cannot be opened or is gone; `unsent` never left. Nothing is sent on this lane any more. */
  failed(error: Error, unsent: readonly Frame[]): void;
}

/** One write carries at most about this much, so that full streams are noticed in time. */
const batchBytes = 256 * 1024;

export class OutboundLane {
  readonly #needs: OutboundLaneNeeds;
  #queue: Frame[] = [];
  #queuedBytes = 0;
  #stream: Stream | undefined;
  #flushing: Promise<void> | undefined;
  #closed = false;

  constructor(needs: OutboundLaneNeeds) {
    this.#needs = needs;
  }

  /** Bytes that wait here or in the stream. */
  get waitingBytes(): number {
    return this.#queuedBytes + (this.#stream?.writeBufferLength ?? 0);
  }

  push(frame: Frame): void {
    this.#queue.push(frame);
    this.#queuedBytes += frameSize(frame);
    // After everything that this turn of the event loop still has to send.
    this.#flushing ??= new Promise((resolve) => setImmediate(() => resolve(this.#flush())));
  }

  /** Resolves once the stream has taken everything that was pushed, or takes nothing any more. */
  async flushed(): Promise<void> {
    await this.#flushing;
  }

  close(): void {
    this.#closed = true;
    this.#queue = [];
  }

  async #flush(): Promise<void> {
    try {
      this.#stream ??= await this.#open();
      while (this.#queue.length > 0 && !this.#closed) {
        if (this.#stream.status !== 'open') throw new Error('the stream closed');
        const more = this.#stream.send(encodeFrames(this.#takeBatch()));
        if (!more) await drained(this.#stream);
      }
    } catch (error) {
      if (!this.#closed) this.#needs.failed(error instanceof Error ? error : new Error(String(error)), this.#queue);
      this.close();
    } finally {
      this.#flushing = undefined;
    }
  }

  async #open(): Promise<Stream> {
    const stream = await this.#needs.open();
    stream.addEventListener('close', () => {
      if (!this.#closed) this.#needs.failed(new Error('the stream closed'), this.#queue);
      this.close();
    });
    return stream;
  }

  #takeBatch(): Frame[] {
    let bytes = 0;
    let count = 0;
    for (const frame of this.#queue) {
      if (count > 0 && bytes + frameSize(frame) > batchBytes) break;
      bytes += frameSize(frame);
      count += 1;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }
}

/** Not `stream.onDrain()`: its promise, once resolved, stays so, and a second wait on it would not wait. */
async function drained(stream: Stream): Promise<void> {
  if (!stream.writableNeedsDrain || stream.status !== 'open') return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => resolve();
  stream.addEventListener('drain', done);
  stream.addEventListener('close', done);
  await promise;
  stream.removeEventListener('drain', done);
  stream.removeEventListener('close', done);
}
