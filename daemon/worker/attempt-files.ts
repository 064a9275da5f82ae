/**
 * The attempts of this node on disk, a small file each: from before its task starts until it is answered for. So that whoever comes after
 * a daemon knows what the sessions that it left are doing, and no result that it had is lost.
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { AttemptName } from '../../src/model/job.ts';
import { attemptSchema, failureSchema, outputSchema, runReportSchema } from '../wire/attempt-schema.ts';
import { fileName, shortName } from './attempt-logs.ts';

const result = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('done'),
    outputs: z.array(outputSchema).readonly(),
    // What a plugin may say is bounded where it is told to others (attempts-outcome.ts).
    report: runReportSchema.extend({ warnings: z.array(z.string()).readonly() }),
  }),
  z.strictObject({ type: z.literal('failed'), failure: failureSchema.extend({ message: z.string(), logTail: z.string() }) }),
]);

const lease = z.strictObject({
  /** Between one renewal and the end (milliseconds). */
  ms: z.number(),
  /** Milliseconds of the machine's uptime. */
  until: z.number(),
});

const written = z.strictObject({
  version: z.literal(1),
  attempt: attemptSchema,
  /** Granted to it. */
  cores: z.int().min(1),
  /** Who runs it: a process of a launcher, and the number it gave the task. */
  session: z.strictObject({ launcher: z.string(), process: z.int(), task: z.int() }),
  /** Unix milliseconds, for people. */
  startedAt: z.number(),
  /** Longest time it may take (milliseconds). */
  limitMs: z.number().exactOptional(),
  lease: lease.exactOptional(),
  /** How it ended; its outputs are in the blob store. */
  result: result.exactOptional(),
});

export type WrittenAttempt = Omit<z.infer<typeof written>, 'version'>;

export class AttemptFiles {
  readonly #folder: string;
  /** What is being written or removed, by file: in the order it was asked for. */
  readonly #busy = new Map<string, Promise<void>>();

  constructor(options: { readonly folder: string }) {
    this.#folder = options.folder;
  }

  /** All that can be read; what cannot is removed. */
  async load(): Promise<readonly WrittenAttempt[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const found: WrittenAttempt[] = [];
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      try {
        if (name.endsWith('.new')) throw new Error('not finished');
        const { version: _, ...attempt } = written.parse(JSON.parse(await readFile(path, 'utf8')));
        found.push(attempt);
      } catch {
        await rm(path, { recursive: true, force: true });
      }
    }
    return found;
  }

  /** On disk, whatever happens, when resolved. Rejects as the disk does. */
  write(attempt: WrittenAttempt): Promise<void> {
    return this.#after(this.#path(attempt.attempt), async (path) => {
      try {
        await writeDurably(`${path}.new`, JSON.stringify({ version: 1, ...attempt }));
        await rename(`${path}.new`, path);
      } catch (error) {
        // A full disk has no room for halves.
        await rm(`${path}.new`, { force: true }).catch(() => {});
        throw error;
      }
      await syncFolder(this.#folder);
    });
  }

  /** Idempotent. One that comes back with the power is offered again and refused. */
  remove(attempt: AttemptName): Promise<void> {
    return this.#after(this.#path(attempt), (path) => rm(path, { force: true }));
  }

  #after(path: string, work: (path: string) => Promise<void>): Promise<void> {
    const done = (this.#busy.get(path) ?? Promise.resolve()).catch(() => {}).then(() => work(path));
    this.#busy.set(path, done);
    const forget = (): void => {
      if (this.#busy.get(path) === done) this.#busy.delete(path);
    };
    done.then(forget, forget);
    return done;
  }

  #path(attempt: AttemptName): string {
    return join(this.#folder, `${shortName(attempt.job)}-${fileName(attempt)}.json`);
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
