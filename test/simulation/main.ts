/**
 * `npm run sim -- --seeds 1000 [--from 1]` runs seeds and says what happened in them; `--seed N` replays one with its trace.
 * Exit code 1 when a promise was broken, with the seed to replay.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runSeedsInProcesses, type Tally } from './seeds.ts';
import { isTelling, rareFaults } from './statistics.ts';
import { runSeed } from './world.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function replay(seed: number): Promise<boolean> {
  const { trace, violations } = await runSeed(seed);
  for (const line of trace) print(line);
  print(violations.length === 0 ? `seed ${seed}: all promises kept` : `seed ${seed}: ${violations.length} promises broken`);
  return violations.length === 0;
}

function report(tally: Tally, seconds: number): void {
  for (const [happening, seeds] of [...tally.happened].sort((a, b) => b[1] - a[1])) {
    print(`${happening.padEnd(12)} in ${((100 * seeds) / tally.seeds).toFixed(1).padStart(5)} % of the seeds`);
  }
  const virtual = (tally.virtualMs / 1000 / 3600).toFixed(1);
  print(`${tally.seeds} seeds in ${seconds.toFixed(1)} s, ${(tally.seeds / seconds).toFixed(1)} a second; ${virtual} hours of cluster time`);
  for (const { seed, violations } of tally.failures.slice(0, 10)) {
    print(`seed ${seed}: ${violations[0]}`);
    print(`  replay it: npm run sim -- --seed ${seed}`);
  }
  print(tally.failures.length === 0 ? 'all promises kept' : `${tally.failures.length} seeds broke a promise`);
}

const { values } = parseArgs({ options: { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' }, processes: { type: 'string' } } });

function numberOf(text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`${text} is not a number of seeds`);
  return number;
}

if (values.seed !== undefined) {
  process.exitCode = (await replay(numberOf(values.seed, 0))) ? 0 : 1;
} else {
  const began = performance.now();
  const range = { from: numberOf(values.from, 1), count: numberOf(values.seeds, 1000), firstOnly: false };
  const tally = await runSeedsInProcesses(range, numberOf(values.processes, Math.min(availableParallelism(), 8)));
  report(tally, (performance.now() - began) / 1000);
  const rare = isTelling(tally) ? rareFaults(tally) : [];
  if (rare.length > 0) print(`too rare to prove anything: ${rare.join(', ')}`);
  process.exitCode = tally.failures.length === 0 && rare.length === 0 ? 0 : 1;
}
