/**
 * `npm run sim -- --seeds 1000 [--from 1]` runs seeds and says what happened in them; `--nightly` runs 100,000; `--seed N`
 * replays one with its trace. Exit code 1 when a promise was broken, with the seed to replay, or when too little happened.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { reportLines } from './report.ts';
import { runSeedsInProcesses } from './seeds.ts';
import { missing } from './statistics.ts';
import { runSeed } from './world.ts';

const nightlySeeds = 100_000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function replay(seed: number): Promise<boolean> {
  const { trace, violations } = await runSeed(seed);
  for (const line of trace()) print(line);
  print(violations.length === 0 ? `seed ${seed}: all promises kept` : `seed ${seed}: ${violations.length} promises broken`);
  return violations.length === 0;
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    processes: { type: 'string' },
    nightly: { type: 'boolean', default: false },
  },
});

function numberOf(text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`${text} is not a number of seeds`);
  return number;
}

if (values.seed !== undefined) {
  process.exitCode = (await replay(numberOf(values.seed, 0))) ? 0 : 1;
} else {
  const began = performance.now();
  const range = { from: numberOf(values.from, 1), count: numberOf(values.seeds, values.nightly ? nightlySeeds : 1000), firstOnly: false };
  const tally = await runSeedsInProcesses(range, numberOf(values.processes, Math.min(availableParallelism(), 8)));
  for (const line of reportLines(tally, (performance.now() - began) / 1000)) print(line);
  process.exitCode = tally.failures.length === 0 && missing(tally).length === 0 ? 0 : 1;
}
