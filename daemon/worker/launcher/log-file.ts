/**
 * What one attempt printed: a file of bounded size and the last lines. The launcher writes it, so that a daemon that dies costs no line;
 * synchronously, so that what is told after a line was printed is told after it is in the file.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

/** Beyond this a file keeps its beginning and the end, and says how much it lacks. */
const mostBytes = 4 * 1024 * 1024;
const tailBytes = 4096;
const tailLines = 20;

export class LogFile {
  readonly #path: string;
  #file: number | undefined;
  #isClosed = false;
  #written = 0;
  #tail: Buffer = Buffer.alloc(0);

  /** Its folder must exist; the file appears with the first text. */
  constructor(path: string) {
    this.#path = path;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(-tailBytes)]).subarray(-tailBytes);
    const before = this.#written;
    this.#written += bytes.length;
    if (before < mostBytes) this.#append(bytes.subarray(0, mostBytes - before));
  }

  /** The last lines so far. */
  get tail(): string {
    return this.#tail.toString().split('\n').slice(-tailLines).join('\n').trim();
  }

  close(): void {
    const lacking = this.#written - mostBytes - this.#tail.length;
    if (lacking > 0) this.#append(Buffer.from(`\n[supervm: ${lacking} bytes left out, the limit of a log is ${mostBytes}; its end:]\n`));
    if (this.#written > mostBytes) this.#append(this.#tail.subarray(-(this.#written - mostBytes)));
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#isClosed = true;
  }

  /** A log that cannot be written must not cost the task; its tail is kept all the same. */
  #append(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      this.#file ??= openSync(this.#path, 'a', 0o600);
      writeSync(this.#file, bytes);
    } catch {
      this.#isClosed = true;
    }
  }
}
