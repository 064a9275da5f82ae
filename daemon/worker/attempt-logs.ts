/** The logs of the attempts that ran on this node, and a way to read those of other nodes. */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { attemptKey } from '../../src/model/attempt.ts';
import type { AttemptName, JobId } from '../../src/model/job.ts';
import type { Startable } from '../startable.ts';
import type { Messenger, Protocol } from '../wire/messenger.ts';
import { unused } from '../wire/protocols.ts';

const pieceBytes = 256 * 1024;
const requestMs = 10_000;
/** Logs of this many jobs are kept, and of all of them together so many bytes; the oldest go first. */
const keptJobs = 200;
const keptBytes = 1024 * 1024 * 1024;
/** Attempts between two looks: in between the logs grow by this many times what one log may hold. */
const pruneEvery = 50;

const attemptName = z.strictObject({
  term: z.strictObject({ number: z.int().min(0), node: z.string().max(200) }),
  job: z.string().regex(/^[0-9a-f]{64}$/),
  generation: z.int().min(1),
  step: z.string().max(200),
  index: z.int().min(0),
  attempt: z.int().min(1),
  node: z.string().max(200),
});

const request = z.strictObject({ attempt: attemptName, offset: z.int().min(0) });
const reply = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('missing') }),
  z.strictObject({ type: z.literal('piece'), bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array) }),
]);
type LogRequest = z.infer<typeof request>;
type LogReply = z.infer<typeof reply>;

const logProtocol: Protocol<never, LogRequest, LogReply> = { id: '/supervm/logs/1', message: unused, request, reply, maximumBytes: 512 * 1024 };

export class AttemptLogs implements Startable {
  readonly #folder: string;
  readonly #messenger: Messenger;
  readonly #keptBytes: number;
  #placed = 0;

  /** Construct before the network starts: it serves its protocol from then on. */
  constructor(options: { readonly folder: string; readonly keptBytes?: number }, needs: { readonly messenger: Messenger }) {
    this.#folder = options.folder;
    this.#keptBytes = options.keptBytes ?? keptBytes;
    this.#messenger = needs.messenger;
    needs.messenger.serve(logProtocol, { onRequest: (_from, { attempt, offset }) => this.#readHere(attempt, offset) });
  }

  /** Drops the logs of all but the latest jobs, and the oldest where they take too much room. */
  async start(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#prune();
  }

  /** The job was removed: nobody asks for its logs any more. */
  async forget(job: JobId): Promise<void> {
    await rm(this.#jobFolder(job), { recursive: true, force: true });
  }

  async #prune(): Promise<void> {
    const jobs = (await this.#entriesOf(this.#folder)).toSorted((a, b) => b.at - a.at);
    for (const { path } of jobs.slice(keptJobs)) await rm(path, { recursive: true, force: true });
    const logs = (await Promise.all(jobs.slice(0, keptJobs).map(({ path }) => this.#entriesOf(path)))).flat();
    let bytes = 0;
    for (const { path, size } of logs.toSorted((a, b) => b.at - a.at)) {
      bytes += size;
      if (bytes > this.#keptBytes) await rm(path, { force: true });
    }
  }

  /** One that goes meanwhile is left out. */
  async #entriesOf(folder: string): Promise<readonly { readonly path: string; readonly at: number; readonly size: number }[]> {
    const names = await readdir(folder).catch(() => []);
    const found = names.map(async (name) => {
      const path = join(folder, name);
      const seen = await stat(path).catch(() => undefined);
      return seen === undefined ? [] : [{ path, at: seen.mtimeMs, size: seen.size }];
    });
    return (await Promise.all(found)).flat();
  }

  async stop(): Promise<void> {}

  /** Path of the log of an attempt that starts here; the launcher writes it. */
  async place(attempt: AttemptName): Promise<string> {
    this.#placed += 1;
    // Now and then: a daemon may run for months.
    if (this.#placed % pruneEvery === 0) await this.#prune();
    await mkdir(this.#jobFolder(attempt.job), { recursive: true, mode: 0o700 });
    return this.#path(attempt);
  }

  /** At most 256 KiB from `offset` of what the attempt printed, from the node that ran it; empty at the end; undefined when there is none. */
  async read(attempt: AttemptName, offset: number): Promise<Uint8Array | undefined> {
    const here = attempt.node === this.#messenger.self;
    const answer = here ? await this.#readHere(attempt, offset) : await this.#messenger.request(attempt.node, logProtocol, { attempt, offset }, requestMs);
    return answer.type === 'piece' ? answer.bytes : undefined;
  }

  async #readHere(attempt: AttemptName, offset: number): Promise<LogReply> {
    const handle = await open(this.#path(attempt), 'r').catch(() => undefined);
    if (handle === undefined) return { type: 'missing' };
    await using file = handle;
    const { buffer, bytesRead } = await file.read(new Uint8Array(pieceBytes), 0, pieceBytes, offset);
    return { type: 'piece', bytes: buffer.subarray(0, bytesRead) };
  }

  #jobFolder(job: JobId): string {
    return join(this.#folder, shortName(job));
  }

  #path(attempt: AttemptName): string {
    return join(this.#jobFolder(attempt.job), `${fileName(attempt)}.log`);
  }
}

/** Enough of a job's id to be its folder's name. */
export function shortName(job: JobId): string {
  return job.slice(0, 16);
}

/** Readable for people, and different for every attempt of a job: two terms may number theirs alike. */
export function fileName(attempt: AttemptName): string {
  const step = attempt.step.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 80);
  const mark = createHash('sha256').update(attemptKey(attempt)).digest('hex').slice(0, 8);
  return `${step}-${attempt.index}.${attempt.attempt}.${mark}`;
}
