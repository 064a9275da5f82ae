/** A sentence of the contract that a history contradicts. */
import type { History } from '../history.ts';

export interface Violation {
  readonly rule: string;
  readonly text: string;
}

/** Judges a whole history; empty when the sentence holds. Pure. */
export type Rule = (history: History, bounds: Bounds) => readonly Violation[];

/** What a profile promises in numbers. */
export interface Bounds {
  /** Share of tasks that may run to their end twice. */
  readonly executedTwice: number;
  /** Share of idempotent requests that succeed within `requestMs`. */
  readonly requestsInTime: number;
  readonly requestMs: number;
  /** From the end of the last fault until everything is settled. */
  readonly settleMs: number;
}

/** A tenth of a second is noise, a job's key is not: texts for people. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
