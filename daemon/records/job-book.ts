/** The states of all jobs and of the cluster, folded from durable entries, and what else is asked of the facts seen. */
import type { Entry, Fact } from '../../src/model/facts.ts';
import { emptyJobState, foldInto, type MutableJobState } from '../../src/model/fold.ts';
import type { JobId, NodeId, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { compareTerms, highestBelieved } from '../../src/model/term.ts';
import { highestCounter } from '../wire/attempt-schema.ts';
import { ClusterBook } from './cluster-book.ts';
import { collectedOf } from './collected.ts';
import { readFact } from './fact-schema.ts';
import type { Trouble } from './trouble.ts';

export type FactListener = (fact: Fact, state: JobState) => void;

export class JobBook {
  readonly jobs = new Map<JobId, MutableJobState>();
  /** The newest entry about each job in each origin's log: whoever holds these holds all facts of the job. */
  readonly #positions = new Map<JobId, Map<string, number>>();
  readonly #listeners: FactListener[] = [];
  readonly #cluster: ClusterBook;
  readonly #onTrouble: (trouble: Trouble) => void;
  #clock = 0;
  #term: Term | undefined;

  constructor(options: { readonly cluster?: ClusterBook; onTrouble(trouble: Trouble): void }) {
    this.#cluster = options.cluster ?? new ClusterBook(options);
    this.#onTrouble = options.onTrouble;
  }

  onFact(listener: FactListener): void {
    this.#listeners.push(listener);
  }

  /** Folds what was on disk when the node started: nobody is told. */
  load(entries: readonly Entry[]): void {
    this.#foldAll(entries, false);
  }

  /** Folds what is new on disk, in log order, and tells the listeners. */
  fold(entries: readonly Entry[]): void {
    this.#foldAll(entries, true);
  }

  /** Is the fact, read or not, about a job that was removed? */
  isOfRemoved(fact: unknown): boolean {
    return typeof fact === 'object' && fact !== null && 'job' in fact && typeof fact.job === 'string' && this.jobs.get(fact.job)?.removed === true;
  }

  /** Of the job that the fact is about; undefined where it is not known. */
  submitterOf(fact: unknown): NodeId | undefined {
    const job = typeof fact === 'object' && fact !== null && 'job' in fact ? fact.job : undefined;
    return typeof job === 'string' ? this.jobs.get(job)?.record?.submitter : undefined;
  }

  positionsOf(job: JobId): ReadonlyMap<string, number> {
    return this.#positions.get(job) ?? new Map();
  }

  /** Highest term in any fact seen. */
  highestTerm(): Term | undefined {
    return this.#term;
  }

  nextClock(): number {
    // One that lies at the end of the counter cannot keep others from saying anything: of equal ones the facts decide.
    this.#clock = Math.min(highestCounter, Math.max(this.#clock, this.#cluster.clock) + 1);
    return this.#clock;
  }

  #foldAll(entries: readonly Entry[], isNews: boolean): void {
    const listeners = isNews ? this.#listeners : [];
    for (const { origin, sequence, fact: value } of entries) {
      const collected = collectedOf(value);
      if (collected !== undefined) {
        if (collected.job !== undefined) this.#foldTombstone({ type: 'removed', job: collected.job, at: 0 }, listeners);
        continue;
      }
      const reading = readFact(value);
      if (reading.kind === 'fact') {
        const state = this.#foldFact(reading.fact, origin, sequence);
        for (const listener of listeners) this.#tell(listener, reading.fact, state);
      } else if (reading.kind === 'cluster') {
        this.#cluster.fold(reading.fact, origin, isNews);
      } else {
        this.#onTrouble({ type: 'fact-not-understood', origin, sequence, reason: reading.kind === 'invalid' ? reading.reason : 'unknown' });
      }
    }
  }

  /** Another node has collected facts of the job, so it was removed. */
  #foldTombstone(removal: Fact, listeners: readonly FactListener[]): void {
    if (this.jobs.get(removal.job)?.removed === true) return;
    const state = this.#stateOf(removal.job);
    foldInto(state, removal);
    this.#positions.delete(removal.job);
    for (const listener of listeners) this.#tell(listener, removal, state);
  }

  #stateOf(job: JobId): MutableJobState {
    const known = this.jobs.get(job);
    if (known !== undefined) return known;
    const state = emptyJobState(job);
    this.jobs.set(job, state);
    this.#positions.set(job, new Map());
    return state;
  }

  #foldFact(fact: Fact, origin: string, sequence: number): JobState {
    const state = this.#stateOf(fact.job);
    this.#positions.get(fact.job)?.set(origin, sequence);
    foldInto(state, fact);
    // Of removed jobs only the id is kept in memory.
    if (state.removed) this.#positions.delete(fact.job);
    if (fact.type === 'pause-set') this.#clock = Math.max(this.#clock, fact.clock);
    if (fact.type === 'result-kept' || fact.type === 'ended') this.#see(fact.term);
    if (fact.type === 'result-kept' || fact.type === 'attempt-failed') this.#see(fact.attempt.term);
    return state;
  }

  #tell(listener: FactListener, fact: Fact, state: JobState): void {
    try {
      listener(fact, state);
    } catch (error) {
      this.#onTrouble({ type: 'listener-failed', error });
    }
  }

  #see(term: Term): void {
    // What cannot be must not become the ground of this node's next claim.
    if (term.number > highestBelieved) return;
    if (this.#term === undefined || compareTerms(term, this.#term) > 0) this.#term = term;
  }
}
