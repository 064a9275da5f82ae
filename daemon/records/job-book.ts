/** The states of all jobs, folded from durable entries, and what else is asked of the facts seen. */
import type { Entry, Fact } from '../../src/model/facts.ts';
import { emptyJobState, foldInto, type MutableJobState } from '../../src/model/fold.ts';
import type { JobId, Term } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { compareTerms } from '../../src/model/term.ts';
import { readFact } from './fact-schema.ts';
import type { Trouble } from './trouble.ts';

export type FactListener = (fact: Fact, state: JobState) => void;

export class JobBook {
  readonly jobs = new Map<JobId, MutableJobState>();
  /** The newest entry about each job in each origin's log: whoever holds these holds all facts of the job. */
  readonly #positions = new Map<JobId, Map<string, number>>();
  readonly #listeners: FactListener[] = [];
  readonly #onTrouble: (trouble: Trouble) => void;
  #clock = 0;
  #term: Term | undefined;

  constructor(options: { onTrouble(trouble: Trouble): void }) {
    this.#onTrouble = options.onTrouble;
  }

  onFact(listener: FactListener): void {
    this.#listeners.push(listener);
  }

  /** Folds what was on disk when the node started: nobody is told. */
  load(entries: readonly Entry[]): void {
    this.#foldAll(entries, []);
  }

  /** Folds what is new on disk, in log order, and tells the listeners. */
  fold(entries: readonly Entry[]): void {
    this.#foldAll(entries, this.#listeners);
  }

  positionsOf(job: JobId): ReadonlyMap<string, number> {
    return this.#positions.get(job) ?? new Map();
  }

  /** Highest term in any fact seen. */
  highestTerm(): Term | undefined {
    return this.#term;
  }

  nextClock(): number {
    this.#clock += 1;
    return this.#clock;
  }

  #foldAll(entries: readonly Entry[], listeners: readonly FactListener[]): void {
    for (const { origin, sequence, fact: value } of entries) {
      const reading = readFact(value);
      if (reading.kind === 'fact') {
        const state = this.#foldFact(reading.fact, origin, sequence);
        for (const listener of listeners) this.#tell(listener, reading.fact, state);
      } else {
        this.#onTrouble({ type: 'fact-not-understood', origin, sequence, reason: reading.kind === 'invalid' ? reading.reason : 'unknown' });
      }
    }
  }

  #foldFact(fact: Fact, origin: string, sequence: number): JobState {
    let state = this.jobs.get(fact.job);
    if (state === undefined) {
      state = emptyJobState(fact.job);
      this.jobs.set(fact.job, state);
      this.#positions.set(fact.job, new Map());
    }
    this.#positions.get(fact.job)?.set(origin, sequence);
    foldInto(state, fact);
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
    if (this.#term === undefined || compareTerms(term, this.#term) > 0) this.#term = term;
  }
}
