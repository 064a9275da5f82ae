/** What an experiment has to say. */

export interface Report {
  /** One line a figure, for people. */
  readonly figures: readonly string[];
  /** Every sentence of the contract that was broken; empty when it held. */
  readonly failures: readonly string[];
}

/** The smallest value that `share` (0..1) of all are not above; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** `name: p50 0.61 s, p99 1.20 s, highest 1.20 s (20 times)`; of milliseconds. */
export function spread(name: string, milliseconds: readonly number[]): string {
  const seconds = (value: number): string => `${(value / 1000).toFixed(2)} s`;
  const [half, most, highest] = [0.5, 0.99, 1].map((share) => seconds(percentile(milliseconds, share)));
  return `${name}: p50 ${half}, p99 ${most}, highest ${highest} (${milliseconds.length} times)`;
}

/** Collects broken sentences; `atMost` those about figures, NaN (nothing was measured) included. */
export class Verdict {
  readonly failures: string[] = [];

  expect(holds: boolean, sentence: string): void {
    if (!holds) this.failures.push(sentence);
  }

  atMost(milliseconds: number, limitMs: number, what: string): void {
    this.expect(milliseconds <= limitMs, `${what}: ${(milliseconds / 1000).toFixed(2)} s instead of at most ${limitMs / 1000} s`);
  }
}
