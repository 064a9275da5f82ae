/** The main thread's end of the store worker: commands in order, answers in order, and an end to waiting when the thread dies. */
import { Worker } from 'node:worker_threads';
import type { Row, StoreAnswer, StoreCommand, StoreFault, StoreWorkerOptions } from './store-messages.ts';

/** Megabytes of heap for a thread that only holds the rows of a transaction. */
const limits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4, stackSizeMb: 2 };

interface Waiting {
  readonly onRows: ((rows: readonly Row[]) => void) | undefined;
  resolve(meta: { readonly [key: string]: string }): void;
  reject(error: Error): void;
}

export interface StoreThreadOptions extends StoreWorkerOptions {
  /** The built or raw store-worker. */
  readonly workerFile: string | URL;
  /** Makes the error that callers see. */
  errorOf(fault: StoreFault): Error;
}

export class StoreThread {
  readonly #worker: Worker;
  readonly #errorOf: (fault: StoreFault) => Error;
  readonly #waiting: Waiting[] = [];
  readonly #ended: Promise<void>;
  #death: Error | undefined;

  constructor(options: StoreThreadOptions) {
    this.#errorOf = options.errorOf;
    const workerData: StoreWorkerOptions = { file: options.file };
    this.#worker = new Worker(options.workerFile, { name: 'store', workerData, resourceLimits: limits, stdout: false, stderr: false });
    this.#worker.on('message', (answer: StoreAnswer) => this.#answered(answer));
    this.#worker.on('error', (error: unknown) => this.#died(error instanceof Error ? error.message : String(error)));
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#died('its thread has ended');
        resolve();
      });
    });
  }

  /** Resolves with what the `meta` table says after `open` and `load`. */
  ask(command: StoreCommand, onRows?: (rows: readonly Row[]) => void): Promise<{ readonly [key: string]: string }> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ onRows, resolve, reject });
      this.#worker.postMessage(command);
    });
  }

  /** Closes the database and waits for the thread's end. */
  async end(): Promise<void> {
    if (this.#death === undefined) await this.ask({ type: 'close' });
    await this.#ended;
  }

  #answered(answer: StoreAnswer): void {
    if (answer.type === 'rows') {
      this.#waiting[0]?.onRows?.(answer.rows);
      return;
    }
    const asked = this.#waiting.shift();
    if (answer.type === 'done') asked?.resolve(answer.meta);
    else asked?.reject(this.#errorOf(answer.fault));
  }

  #died(message: string): void {
    this.#death ??= this.#errorOf({ result: 0, message });
    for (const asked of this.#waiting.splice(0)) asked.reject(this.#death);
  }
}
