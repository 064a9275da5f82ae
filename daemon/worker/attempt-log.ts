/** What one attempt printed: a file of bounded size, and its last lines for the report of a failure. */
import { createWriteStream, type WriteStream } from 'node:fs';

/** Beyond this a file keeps its beginning; what follows is only seen in the tail. */
const longestFile = 4 * 1024 * 1024;
const tailCharacters = 4096;
const tailLines = 20;

export class AttemptLog {
  readonly #path: string;
  #file: WriteStream | undefined;
  #written = 0;
  #tail = '';

  /** The folder must exist; the file appears with the first text. */
  constructor(options: { readonly path: string }) {
    this.#path = options.path;
  }

  write(text: string): void {
    if (text === '') return;
    this.#tail = (this.#tail + text).slice(-tailCharacters);
    if (this.#written >= longestFile) return;
    this.#written += text.length;
    this.#file ??= openLog(this.#path);
    this.#file.write(this.#written < longestFile ? text : `${text.slice(0, 1024)}\n[supervm: this log has reached its limit]\n`);
  }

  /** The last lines so far. */
  get tail(): string {
    return this.#tail.split('\n').slice(-tailLines).join('\n').trim();
  }

  /** Resolves when all of it is in the file. */
  async close(): Promise<void> {
    const file = this.#file;
    if (file === undefined || file.destroyed) return;
    await new Promise<void>((resolve) => {
      file.on('close', resolve);
      file.end();
    });
  }
}

function openLog(path: string): WriteStream {
  const file = createWriteStream(path, { flags: 'a', mode: 0o600 });
  // A log that cannot be written must not cost the task; its tail is kept all the same.
  file.on('error', () => {});
  return file;
}
