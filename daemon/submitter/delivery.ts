/** On the submitting node: pulls each kept result into the job's output folder while the job runs, and goes on after a restart. */
import { dirname, join } from 'node:path';
import { attemptKey } from '../../src/model/attempt.ts';
import type { Digest, JobId } from '../../src/model/job.ts';
import type { JobState, TaskKey } from '../../src/model/job-state.ts';
import { taskKey } from '../../src/model/parameter-space.ts';
import type { Timer } from '../clock.ts';
import type { Startable } from '../startable.ts';
import type { DeliveredList } from './delivered-list.ts';
import { writeFault } from './disk-errors.ts';
import { digestOfFile } from './file-digest.ts';
import { type DueFile, JobDelivery } from './job-delivery.ts';
import { removeLeftovers } from './leftovers.ts';
import type { BlobFiles, Blobs, Clock, Journal } from './needs.ts';
import { sizeOf, staysBelow } from './output-folder.ts';
import { writeBelow } from './write-below.ts';

/** Files on their way at once, of all jobs. */
const lanes = 4;
const firstRetryMs = 1000;
const longestRetryMs = 30_000;

export interface DeliveryOptions {
  readonly self: string;
}

export interface DeliveryNeeds {
  readonly clock: Clock;
  readonly journal: Pick<Journal, 'jobs' | 'job' | 'onFact' | 'append'>;
  readonly blobs: Pick<Blobs, 'fetch'>;
  readonly blobFiles: Pick<BlobFiles, 'writeFile'>;
  readonly delivered: DeliveredList;
}

export interface DeliveredEvent {
  readonly job: JobId;
  readonly file: string;
  readonly digest: Digest;
}

export class Delivery implements Startable {
  readonly #options: DeliveryOptions;
  readonly #needs: DeliveryNeeds;
  readonly #jobs = new Map<JobId, JobDelivery>();
  readonly #loading = new Map<JobId, Promise<void>>();
  readonly #resting = new Map<JobId, Timer>();
  /** `job/generation` of what is being made known. */
  readonly #telling = new Set<string>();
  readonly #working = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #onDelivered: ((event: DeliveredEvent) => void)[] = [];
  readonly #onProblem: ((job: JobId) => void)[] = [];

  constructor(options: DeliveryOptions, needs: DeliveryNeeds) {
    this.#options = options;
    this.#needs = needs;
  }

  /** After the journal has loaded. */
  async start(): Promise<void> {
    this.#needs.journal.onFact((fact, state) => {
      if (fact.type === 'removed') void this.#forget(state.id);
      else if (fact.type === 'result-kept') this.#take(state, taskKey(fact.attempt.step, fact.attempt.index));
      else if (fact.type === 'submitted') void this.#look(state);
      else if (fact.type === 'ended') this.#tellDelivered(state.id);
      else if (fact.type === 'result-lost') {
        this.#jobs.get(state.id)?.lose(attemptKey(fact.attempt));
        void this.#look(state);
      }
    });
    await Promise.all([...this.#needs.journal.jobs().values()].map((state) => this.#look(state)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#resting.values()) timer.cancel();
    await Promise.all([...this.#loading.values(), ...this.#working]);
  }

  onDelivered(listener: (event: DeliveredEvent) => void): void {
    this.#onDelivered.push(listener);
  }

  onProblem(listener: (job: JobId) => void): void {
    this.#onProblem.push(listener);
  }

  /** Undefined for jobs that are not delivered here. Not complete before the first look has ended. */
  state(job: JobId): { readonly files: number; readonly complete: boolean; readonly problem: JobDelivery['problem'] } | undefined {
    const delivery = this.#jobs.get(job);
    if (delivery !== undefined) return { files: delivery.files, complete: delivery.isComplete, problem: delivery.problem };
    const state = this.#needs.journal.job(job);
    return state !== undefined && this.#isMine(state) ? { files: 0, complete: false, problem: undefined } : undefined;
  }

  #isMine(state: JobState): boolean {
    return !state.removed && state.record?.submitter === this.#options.self && state.record.outputFolder !== '';
  }

  #take(state: JobState, task: TaskKey): void {
    const delivery = this.#jobs.get(state.id);
    const winner = state.results.get(task);
    if (delivery === undefined || winner === undefined) return;
    delivery.add(winner);
    this.#pump();
    this.#tellDelivered(state.id);
  }

  /** Takes up all results there are. */
  async #look(state: JobState): Promise<void> {
    if (!this.#isMine(state) || this.#stopping.signal.aborted) return;
    const delivery = this.#jobs.get(state.id);
    if (delivery === undefined) return this.#open(state);
    for (const result of state.results.values()) delivery.add(result);
    this.#pump();
    this.#tellDelivered(state.id);
  }

  async #open(state: JobState): Promise<void> {
    let loading = this.#loading.get(state.id);
    if (loading === undefined) {
      loading = this.#load(state).finally(() => this.#loading.delete(state.id));
      this.#loading.set(state.id, loading);
    }
    await loading;
    if (this.#jobs.has(state.id)) await this.#look(state);
  }

  async #load(state: JobState): Promise<void> {
    const delivered = await this.#needs.delivered.load(state.id).catch(() => new Map<string, Digest>());
    const folder = state.record?.outputFolder ?? '';
    const outputs = [...state.results.values()].flatMap((result) => result.outputs).filter((output) => staysBelow(output.path));
    await removeLeftovers(new Set([folder, ...outputs.map((output) => dirname(join(folder, output.path)))]), process.pid);
    this.#jobs.set(state.id, new JobDelivery(state.id, folder, delivered));
  }

  #pump(): void {
    for (const delivery of this.#jobs.values()) {
      while (this.#working.size < lanes && !this.#resting.has(delivery.job) && !this.#stopping.signal.aborted) {
        const file = delivery.take();
        if (file === undefined) break;
        const work: Promise<void> = this.#bring(delivery, file).finally(() => {
          this.#working.delete(work);
          this.#pump();
        });
        this.#working.add(work);
      }
    }
  }

  async #bring(delivery: JobDelivery, file: DueFile): Promise<void> {
    const { output, target } = file;
    try {
      // Written before a crash that came before the list was: do not touch it again.
      if (!(await isThere(target, output.size, output.digest))) {
        await this.#needs.blobs.fetch([{ digest: output.digest, size: output.size }], file.from, this.#stopping.signal);
        await writeBelow(this.#needs.blobFiles, output.digest, delivery.folder, output.path);
      }
      await this.#needs.delivered.add(file.job, output.path, output.digest);
    } catch (error) {
      if (this.#stopping.signal.aborted) return delivery.putBack(file);
      const { code, message } = writeFault(error, target);
      delivery.failed(file, { code, message });
      this.#rest(delivery);
      const state = this.#needs.journal.job(file.job);
      // Given up as lost meanwhile: another result of the task may be there.
      if (state !== undefined) void this.#look(state);
      for (const listener of this.#onProblem) listener(file.job);
      return;
    }
    delivery.done(file);
    this.#tellDelivered(file.job);
    for (const listener of this.#onDelivered) listener({ job: file.job, file: output.path, digest: output.digest });
  }

  /** Makes it known to everybody once all files of an ended job are in the folder: their bytes need no care then. */
  #tellDelivered(job: JobId): void {
    const state = this.#needs.journal.job(job);
    if (state === undefined || state.removed || this.#jobs.get(job)?.isComplete !== true) return;
    const { generation } = state;
    const key = `${job}/${generation}`;
    const ended = state.ended.get(generation);
    // A result that has not arrived here yet, or was lost, is not in the folder.
    if (ended === undefined || state.results.size < ended.kept || !this.#jobs.get(job)?.hasAll(state.results.values())) return;
    if (state.delivered >= generation || this.#telling.has(key) || this.#stopping.signal.aborted) return;
    this.#telling.add(key);
    // A disk that refuses now is asked again after the next start.
    const told = this.#needs.journal.append([{ type: 'delivered', job, at: this.#needs.clock.wall(), generation }], 0);
    void told.catch(() => undefined).finally(() => this.#telling.delete(key));
  }

  #rest(delivery: JobDelivery): void {
    if (this.#resting.has(delivery.job)) return;
    const wait = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(10, delivery.failures - 1));
    const timer = this.#needs.clock.after(wait, () => {
      this.#resting.delete(delivery.job);
      this.#pump();
    });
    this.#resting.set(delivery.job, timer);
  }

  async #forget(job: JobId): Promise<void> {
    this.#jobs.delete(job);
    await this.#needs.delivered.forget(job).catch(() => undefined);
  }
}

async function isThere(target: string, size: number, digest: Digest): Promise<boolean> {
  return (await sizeOf(target)) === size && (await digestOfFile(target)) === digest;
}
