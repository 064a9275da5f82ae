/** `npm run fuzz -- [--runs N] [--only NAME] [--seed N]`: every decoder with so many inputs each, one after the other; 1 when one failed. */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decoders } from './decoders/all.ts';
import { fuzz } from './fuzz.ts';

// So that what is left is what is kept.
setFlagsFromString('--expose-gc');
globalThis.gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>;

const { values } = parseArgs({ options: { runs: { type: 'string', default: '10000' }, only: { type: 'string' }, seed: { type: 'string' } } });
const runs = Number(values.runs);
const seed = values.seed === undefined ? {} : { seed: Number(values.seed) };
const chosen = decoders.filter(({ name }) => values.only === undefined || name.includes(values.only));
if (chosen.length === 0 || !Number.isSafeInteger(runs) || runs < 1) {
  process.stderr.write(`fuzz: --runs takes a number of inputs, --only a part of one of these names: ${decoders.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}
for (const decoder of chosen) {
  const began = performance.now();
  try {
    const { accepted, slowestMs, grownBytes } = await fuzz(decoder, { runs, ...seed });
    const seconds = (performance.now() - began) / 1000;
    process.stdout.write(
      `${decoder.name}: ${runs} inputs, ${accepted} accepted, slowest ${slowestMs.toFixed(1)} ms, ${(grownBytes / 1024 / 1024).toFixed(1)} MiB more, ${seconds.toFixed(0)} s\n`,
    );
  } catch (error) {
    process.stdout.write(
      `${decoder.name}: FAILED\n${error instanceof Error ? `${error.message}\n${String((error.cause as Error | undefined)?.stack ?? '')}` : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}
