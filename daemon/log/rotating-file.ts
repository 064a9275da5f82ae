/** A file that is moved aside when it has grown: `log`, `log.1`, `log.2` ... In the daemon's own thread, because its entry is one bundle. */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface RotatingFileOptions {
  readonly file: string;
  readonly maximumBytes: number;
  /** At least 1. */
  readonly keep: number;
}

export class RotatingFile {
  readonly #options: RotatingFileOptions;
  #descriptor: number;
  #bytes: number;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
    mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 });
    this.#descriptor = openSync(options.file, 'a', 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  /** Never throws: a full disk must not stop the daemon, whose work may be what frees it. */
  write(text: string): void {
    const bytes = Buffer.byteLength(text);
    try {
      if (this.#bytes > 0 && this.#bytes + bytes > this.#options.maximumBytes) this.#rotate();
      writeSync(this.#descriptor, text);
      this.#bytes += bytes;
    } catch {
      // The line is lost.
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #rotate(): void {
    const { file, keep } = this.#options;
    for (let number = keep - 1; number >= 1; number -= 1) moveIfThere(`${file}.${number}`, `${file}.${number + 1}`);
    renameSync(file, `${file}.1`);
    closeSync(this.#descriptor);
    this.#descriptor = openSync(file, 'a', 0o600);
    this.#bytes = 0;
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
