/** The log of one attempt, and what else of a task's words leaves its process, without the values that it was trusted with. */
import { LogFile } from './log-file.ts';
import { Mask } from './mask.ts';

export class MaskedLog {
  readonly #file: LogFile;
  readonly #values: readonly string[];
  /** One for each stream: what comes between two pieces of a value on another one must not hide it. */
  readonly #masks = new Map<unknown, Mask>();

  constructor(path: string, values: readonly string[]) {
    this.#file = new LogFile(path);
    this.#values = values;
  }

  /** `stream`: where the bytes come from. */
  write(bytes: Uint8Array, stream: unknown): void {
    if (this.#values.length === 0) {
      this.#file.write(bytes);
      return;
    }
    const mask = this.#masks.get(stream) ?? new Mask(this.#values);
    this.#masks.set(stream, mask);
    this.#file.write(mask.take(bytes));
  }

  /** The last lines so far. */
  get tail(): string {
    return this.#file.tail;
  }

  close(): void {
    for (const mask of this.#masks.values()) this.#file.write(mask.end());
    this.#masks.clear();
    this.#file.close();
  }
}
