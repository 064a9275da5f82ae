/** Runs many seeds, in several processes, and adds up what happened in them. */
import { fork } from 'node:child_process';
import type { Happening } from './chronicle.ts';
import { runSeed } from './world.ts';

/** Nearly all that a seed makes dies young: with more room for it a tenth of the time is saved. */
const roomForYoung = '--max-semi-space-size=32';

export interface Failure {
  readonly seed: number;
  readonly violations: readonly string[];
}

export interface Tally {
  seeds: number;
  virtualMs: number;
  /** How long each seed took to heal, virtual milliseconds. */
  readonly healMs: number[];
  /** In how many seeds each thing happened. */
  readonly happened: Map<Happening, number>;
  readonly failures: Failure[];
}

export interface SeedRange {
  readonly from: number;
  readonly count: number;
  /** Take only each `stride`-th seed, so that several processes share a range. */
  readonly stride: number;
  /** Stop at the first failure. */
  readonly firstOnly: boolean;
}

function emptyTally(): Tally {
  return { seeds: 0, virtualMs: 0, healMs: [], happened: new Map(), failures: [] };
}

export async function runSeeds({ from, count, stride, firstOnly }: SeedRange): Promise<Tally> {
  const tally = emptyTally();
  for (let seed = from; seed < from + count; seed += stride) {
    const { violations, happened, virtualMs, healMs } = await runSeed(seed);
    tally.seeds += 1;
    tally.virtualMs += virtualMs;
    tally.healMs.push(healMs);
    for (const happening of happened.keys()) tally.happened.set(happening, (tally.happened.get(happening) ?? 0) + 1);
    if (violations.length === 0) continue;
    tally.failures.push({ seed, violations });
    if (firstOnly) break;
  }
  return tally;
}

/** Shares the seeds among `processes`. `loader`: a module to load first, which may change the code under test. */
export async function runSeedsInProcesses(
  range: Omit<SeedRange, 'stride'>,
  processes: number,
  loader?: { readonly module: string; readonly argument: string },
): Promise<Tally> {
  const parts = await Promise.all(
    Array.from({ length: processes }, (_, place) =>
      runInProcess({ ...range, from: range.from + place, count: range.count - place, stride: processes }, loader),
    ),
  );
  const all = emptyTally();
  for (const part of parts) {
    all.seeds += part.seeds;
    all.virtualMs += part.virtualMs;
    all.healMs.push(...part.healMs);
    for (const [happening, count] of part.happened) all.happened.set(happening, (all.happened.get(happening) ?? 0) + count);
    all.failures.push(...part.failures);
  }
  all.failures.sort((a, b) => a.seed - b.seed);
  return all;
}

function runInProcess(range: SeedRange, loader?: { readonly module: string; readonly argument: string }): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const execArgv = [roomForYoung, ...(loader === undefined ? [] : ['--import', loader.module])];
    const child = fork(new URL('./seed-process.ts', import.meta.url), [JSON.stringify(range), loader?.argument ?? ''], { execArgv, serialization: 'advanced' });
    child.once('message', (tally: Tally) => resolve(tally));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`a process of the simulation ended with ${code}`)));
  });
}
