/** What was delivered of each job, on disk: a file that a user moves, edits or removes afterwards is not written again. */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest, JobId } from '../../src/model/job.ts';
import { errnoOf } from './disk-errors.ts';

/** Digest by path below the output folder. */
export type Delivered = ReadonlyMap<string, Digest>;

export class DeliveredList {
  readonly #folder: string;

  constructor(options: { readonly folder: string }) {
    this.#folder = options.folder;
  }

  async load(job: JobId): Promise<Delivered> {
    try {
      return parse(await readFile(this.#file(job), 'utf8'));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return new Map();
      throw error;
    }
  }

  /** Durable when resolved. */
  async add(job: JobId, path: string, digest: Digest): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await using file = await open(this.#file(job), 'a', 0o600);
    await file.writeFile(`${JSON.stringify([path, digest])}\n`);
    await file.datasync();
  }

  async forget(job: JobId): Promise<void> {
    await rm(this.#file(job), { force: true });
  }

  #file(job: JobId): string {
    return join(this.#folder, job);
  }
}

function parse(text: string): Delivered {
  const delivered = new Map<string, Digest>();
  for (const line of text.split('\n')) {
    try {
      const [path, digest] = JSON.parse(line) as readonly unknown[];
      if (typeof path === 'string' && typeof digest === 'string') delivered.set(path, digest);
    } catch {
      // The last line of a crash: that file is looked at again.
    }
  }
  return delivered;
}
