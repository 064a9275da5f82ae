/**
 * The tasks of a step that wait to be placed: those given back (their attempt failed or was lost) and behind them all
 * that were never tried, as a cursor into the parameter space. Whether a task is settled is read from the job's facts.
 */
import type { NodeId, Step } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { taskCount } from '../../src/model/parameter-space.ts';
import { failedAttempts, taskStanding } from '../../src/model/standing.ts';
import type { Candidate } from './scheduler/snapshot.ts';

export interface StepQueueNeeds {
  state(): JobState;
  /** Has the task an attempt out there? */
  isActive(index: number): boolean;
  /** How many tasks of the step have one. */
  active(): number;
}

const nowhere: ReadonlySet<NodeId> = new Set();

export class StepQueue {
  readonly step: Step;
  readonly #needs: StepQueueNeeds;
  readonly #total: number;
  readonly #returned = new Set<number>();
  /** Highest attempt number drawn in this term, of tasks that came back. */
  readonly #drawn = new Map<number, number>();
  #cursor = 0;

  constructor(options: { readonly step: Step }, needs: StepQueueNeeds) {
    this.step = options.step;
    this.#needs = needs;
    this.#total = taskCount(options.step);
  }

  /** How many wait. */
  count(): number {
    const tally = this.#needs.state().tally.get(this.step.name);
    return Math.max(0, this.#total - (tally?.kept ?? 0) - (tally?.failed ?? 0) - this.#needs.active());
  }

  *candidates(): Generator<Candidate> {
    for (const index of this.#returned) if (this.#waits(index)) yield { index, avoid: this.#failedOn(index) };
    for (let index = this.#cursor; index < this.#total; index += 1) {
      if (!this.#returned.has(index) && this.#waits(index)) yield { index, avoid: this.#failedOn(index) };
    }
  }

  /** The task gets an attempt, which the caller has put among the active ones; returns its number, never drawn before in this term. */
  numberOf(index: number): number {
    const failed = failedAttempts(this.#needs.state(), this.step.name, index).map((fact) => fact.attempt.attempt);
    return Math.max(0, this.#drawn.get(index) ?? 0, ...failed) + 1;
  }

  /** Tells that the task is active now. */
  took(index: number): void {
    this.#returned.delete(index);
    while (this.#cursor < this.#total && (this.#returned.has(this.#cursor) || !this.#waits(this.#cursor))) this.#cursor += 1;
  }

  /** Attempt `number` of the task came to nothing: its number is not drawn again. */
  drew(index: number, number: number): void {
    this.#drawn.set(index, Math.max(number, this.#drawn.get(index) ?? 0));
  }

  /** No attempt of the task is left. */
  giveBack(index: number): void {
    this.#returned.add(index);
  }

  #waits(index: number): boolean {
    return !this.#needs.isActive(index) && taskStanding(this.#needs.state(), this.step, index) === 'open';
  }

  #failedOn(index: number): ReadonlySet<NodeId> {
    const failed = failedAttempts(this.#needs.state(), this.step.name, index);
    return failed.length === 0 ? nowhere : new Set(failed.map((fact) => fact.attempt.node));
  }
}
