/** Interleaved rounds, so that all contestants see the same load of the machine. */

export interface Contestant {
  readonly name: string;
  /** One measurement, in the unit that `rounds` is told. */
  measure(): Promise<number>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Runs every contestant once a round; prints median, lowest and highest of each; returns the medians by name. */
export async function rounds(times: number, unit: string, contestants: readonly Contestant[]): Promise<ReadonlyMap<string, number>> {
  const values = new Map<string, number[]>(contestants.map((contestant) => [contestant.name, []]));
  for (let round = 0; round < times; round += 1) {
    for (const contestant of contestants) values.get(contestant.name)?.push(await contestant.measure());
  }
  for (const [name, all] of values) {
    process.stdout.write(
      `${name} ${median(all).toFixed(4)} ${unit} (${Math.min(...all).toFixed(4)} to ${Math.max(...all).toFixed(4)}, ${all.length} rounds)\n`,
    );
  }
  return new Map([...values].map(([name, all]) => [name, median(all)]));
}

/** Prints `name ratio (target ...)`; the process ends with 1 when a target is missed. */
export function verdict(name: string, ratio: number, target: { readonly atLeast?: number; readonly atMost?: number }): void {
  const met = (target.atLeast === undefined || ratio >= target.atLeast) && (target.atMost === undefined || ratio <= target.atMost);
  const wish = target.atLeast === undefined ? `at most ${target.atMost}` : `at least ${target.atLeast}`;
  process.stdout.write(`${name} ${ratio.toFixed(3)} (target: ${wish}) ${met ? 'met' : 'MISSED'}\n`);
  if (!met) process.exitCode = 1;
}
