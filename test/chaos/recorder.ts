/** Writes a history while it happens, so that it is there whatever becomes of the run. */
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { History, Line } from './history.ts';

/** Omits from each kind of line what the recorder itself knows. */
type Unstamped = Line extends infer One ? (One extends Line ? Omit<One, 'at'> & { readonly at?: number } : never) : never;

export class Recorder {
  readonly #lines: Line[] = [];
  readonly #file: WriteStream;
  #began = performance.now();
  readonly path: string;

  readonly #remembers: boolean;

  /** Lines go to `history.jsonl` in the folder; whoever runs for hours and does not judge them need not remember them. */
  constructor(folder: string, { remembers = true }: { readonly remembers?: boolean } = {}) {
    this.#remembers = remembers;
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, 'history.jsonl');
    this.#file = createWriteStream(this.path, { flags: 'w' });
  }

  /** Milliseconds since the recorder was made. */
  now(): number {
    return performance.now() - this.#began;
  }

  /** Of what has happened just now, unless a time is given. */
  record(line: Unstamped): void {
    const stamped = { ...line, at: Math.round((line.at ?? this.now()) * 10) / 10 } as Line;
    if (this.#remembers) this.#lines.push(stamped);
    this.#file.write(`${JSON.stringify(stamped)}\n`);
  }

  /** The run proper begins: its time is 0, and what was before is not part of it. */
  restart(line: Unstamped): this {
    this.#began = performance.now();
    this.#lines.length = 0;
    this.record(line);
    return this;
  }

  get history(): History {
    return this.#lines;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#file.end(resolve));
  }
}
