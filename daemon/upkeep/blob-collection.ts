/**
 * Frees the disk of what nothing refers to: at once what removed jobs referred to, and what nobody ever came to refer to
 * (a submission that was given up) after a day. What any job that was not removed refers to stays, and everything while there
 * is a doubt whether this node knows all jobs.
 */
import { SupervmError } from '../../src/model/errors.ts';
import type { Fact } from '../../src/model/facts.ts';
import type { Digest, JobId } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import type { Timer } from '../clock.ts';
import type { Startable } from '../startable.ts';
import { Doomed } from './doomed.ts';
import { type DoubtOptions, doubtDefaults, FreeingDoubts } from './freeing-doubts.ts';
import type { CollectionNeeds } from './needs.ts';
import { isOpen } from './wanted.ts';

/** All in milliseconds. */
export interface CollectionOptions extends DoubtOptions {
  /** From a removal to the deletion of its blobs: removals within this time are dealt with together. What could not be freed is tried again after it. */
  readonly soonMs: number;
  /** Between two looks at the whole store. */
  readonly sweepMs: number;
  /** What was unreferenced at all looks of this time is garbage: longer than any submission takes. */
  readonly garbageMs: number;
}

export const collectionDefaults: CollectionOptions = { soonMs: 65_000, sweepMs: 3 * 3_600_000, garbageMs: 24 * 3_600_000, ...doubtDefaults };

export class BlobCollection implements Startable {
  readonly #options: CollectionOptions;
  readonly #needs: CollectionNeeds;
  readonly #doubts: FreeingDoubts;
  readonly #doomed: Doomed;
  /** What jobs refer to, as looked up last and added to since; undefined once a job has come whose files it lacks. */
  #picture: Set<Digest> | undefined;
  /** Since when (clock milliseconds) nothing has referred to the blob. */
  readonly #unreferenced = new Map<Digest, number>();
  /** Open jobs whose inputs nobody could list. */
  readonly #told = new Set<JobId>();
  #timer: Timer | undefined;
  #sweeping: Timer | undefined;
  /** What could not be swept is due again before its time. */
  #again: Timer | undefined;
  #working: Promise<void> | undefined;
  #stopped = false;

  constructor(options: Partial<CollectionOptions>, needs: CollectionNeeds) {
    this.#options = { ...collectionDefaults, ...options };
    this.#needs = needs;
    this.#doubts = new FreeingDoubts(this.#options, needs);
    this.#doomed = new Doomed(needs);
    needs.journal.onCollect((facts) => this.#doom(facts));
    needs.journal.onFact((fact) => {
      if (fact.type === 'submitted') this.#picture = undefined;
      else if (fact.type === 'result-kept') for (const { digest } of fact.outputs) this.#picture?.add(digest);
    });
    // Whoever uses it now may refer to it later; if nobody does it is garbage after a day.
    needs.recentUse.onUse((digest) => {
      this.#doomed.spare(digest).catch((error: unknown) => needs.onProblem(error));
      this.#unreferenced.delete(digest);
    });
  }

  async start(): Promise<void> {
    await this.#doomed.read().catch((error: unknown) => this.#needs.onProblem(error));
    this.#soon();
    this.#sweeping = this.#needs.clock.every(this.#options.sweepMs, () => void this.#run(() => this.#sweep()));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#sweeping?.cancel();
    this.#again?.cancel();
    await this.#working;
    await this.#doomed.idle();
  }

  /** Rejects while the disk does not remember it, and when it is too late to find out: the facts must stay then. */
  async #doom(facts: readonly Fact[]): Promise<void> {
    const doomed: Digest[] = [];
    for (const fact of facts) {
      if (fact.type === 'result-kept') for (const { digest } of fact.outputs) doomed.push(digest);
      if (fact.type !== 'submitted') continue;
      const { tree } = fact.record.inputs;
      const files = await this.#needs.readTree(tree, []).catch(() => []);
      doomed.push(tree);
      for (const digest of files) doomed.push(digest);
    }
    if (this.#stopped) throw new Error('the collection of blobs has stopped');
    const remembered = this.#doomed.add(doomed);
    this.#soon();
    await remembered;
  }

  #soon(): void {
    if (this.#stopped || this.#doomed.size === 0) return;
    this.#timer ??= this.#needs.clock.after(this.#options.soonMs, () => {
      this.#timer = undefined;
      void this.#run(() => this.#removeDoomed());
    });
  }

  /** One after the other. */
  async #run(work: () => Promise<void>): Promise<void> {
    while (this.#working !== undefined) await this.#working;
    if (this.#stopped) return;
    this.#working = work()
      .catch((error: unknown) => this.#needs.onProblem(error))
      .finally(() => {
        this.#working = undefined;
      });
    await this.#working;
  }

  async #removeDoomed(): Promise<void> {
    const due = this.#doubts.allowRemoved() ? await this.#old(this.#doomed.all()) : [];
    if (due.length > 0 && (await this.#lookUp()) !== undefined) {
      for (const digest of due) {
        if (this.#stopped || this.#picture === undefined || !this.#doubts.allowRemoved()) break;
        if (this.#picture.has(digest) || (this.#doomed.has(digest) && (await this.#remove(digest)))) this.#doomed.settle(digest);
      }
    }
    this.#soon();
    await this.#doomed.saveSettled();
  }

  /** Of the digests, those of blobs that are not young; what is not held counts among them. */
  async #old(digests: readonly Digest[]): Promise<readonly Digest[]> {
    const old: Digest[] = [];
    for (const digest of digests) if (!this.#stopped && !(await this.#isYoung(digest))) old.push(digest);
    return old;
  }

  async #isYoung(digest: Digest): Promise<boolean> {
    const since = await this.#needs.disk.heldSince(digest);
    return since !== undefined && this.#doubts.isYoung(since);
  }

  async #sweep(): Promise<void> {
    // Since when something is unreferenced is noted all the same.
    if ((await this.#lookUp()) === undefined) return;
    let isWhole = true;
    const now = this.#needs.clock.now();
    const there = new Set<Digest>();
    for await (const digest of this.#needs.disk.list()) {
      // A job has come meanwhile: the next look knows its files.
      if (this.#stopped || this.#picture === undefined) return;
      if (this.#picture.has(digest)) continue;
      there.add(digest);
      const since = this.#unreferenced.get(digest) ?? now;
      this.#unreferenced.set(digest, since);
      if (now - since < this.#options.garbageMs) continue;
      const isYoung = await this.#isYoung(digest);
      if (!this.#doubts.allowUnreferenced()) isWhole = false;
      else if (!isYoung && this.#picture?.has(digest) === false) await this.#remove(digest);
    }
    for (const digest of this.#unreferenced.keys()) if (!there.has(digest)) this.#unreferenced.delete(digest);
    if (!isWhole) this.#sweepOnceAllowed();
  }

  #sweepOnceAllowed(): void {
    this.#again?.cancel();
    this.#again = this.#needs.clock.after(this.#options.soonMs, () => {
      if (this.#doubts.allowUnreferenced()) void this.#run(() => this.#sweep());
      else this.#sweepOnceAllowed();
    });
  }

  #remove(digest: Digest): Promise<boolean> {
    return this.#needs.recentUse.removeUnused(digest, () => this.#needs.disk.remove(digest));
  }

  /** Everything that some job refers to; undefined while the files of one cannot be known, because nobody reachable has its list of them. */
  async #lookUp(): Promise<ReadonlySet<Digest> | undefined> {
    const picture = new Set<Digest>();
    this.#picture = picture;
    for (const state of [...this.#needs.journal.jobs().values()]) {
      for (const digest of resultDigests(state)) picture.add(digest);
      if (state.record === undefined) continue;
      const { inputs, submitter } = state.record;
      picture.add(inputs.tree);
      const files = await this.#needs.readTree(inputs.tree, [submitter]).catch(() => undefined);
      if (files === undefined && isOpen(state)) {
        this.#picture = undefined;
        this.#tellUnreadable(state);
      }
      // As well when a job came meanwhile.
      if (this.#stopped || this.#picture === undefined) return undefined;
      // A job that has ended could not be tried again without the list of its files either.
      for (const digest of files ?? []) picture.add(digest);
    }
    return picture;
  }

  #tellUnreadable({ id }: JobState): void {
    if (this.#told.has(id)) return;
    this.#told.add(id);
    const message = `no machine within reach has the list of the input files of job ${id.slice(0, 12)}, so none of this machine's disk is freed`;
    this.#needs.onProblem(new SupervmError('file-missing', message, `Connect the machine it was submitted on, or remove it: supervm rm ${id.slice(0, 12)}`));
  }
}

function* resultDigests(state: JobState): Generator<Digest> {
  for (const result of state.results.values()) for (const { digest } of result.outputs) yield digest;
  for (const results of state.spareResults.values()) for (const result of results) for (const { digest } of result.outputs) yield digest;
}
