/**
 * `npm run fuzz -- [--runs N] [--minutes N] [--only NAME]... [--seed N]`: decoders with so many inputs each, or what of them the minutes for each allow, one after the
 * other; 1 when one failed.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decoders } from './decoders/all.ts';
import { fuzz } from './fuzz.ts';

// So that what is left is what is kept.
setFlagsFromString('--expose-gc');
globalThis.gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>;

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { runs: { ...text, default: '10000' }, minutes: text, only: { ...text, multiple: true }, seed: text } });
const [runs, minutes] = [Number(values.runs), Number(values.minutes ?? Number.POSITIVE_INFINITY)];
const seed = values.seed === undefined ? {} : { seed: Number(values.seed) };
/** A whole name means that one; a part of names all of them. */
const isMeant = (name: string, word: string): boolean => (decoders.some((decoder) => decoder.name === word) ? name === word : name.includes(word));
const chosen = decoders.filter(({ name }) => values.only?.some((word) => isMeant(name, word)) ?? true);
if (chosen.length === 0 || !Number.isSafeInteger(runs) || runs < 1 || !(minutes > 0)) {
  process.stderr.write(
    `fuzz: --runs takes a number of inputs, --minutes of minutes, --only one of these names or a part of them: ${decoders.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
function shortened(text: string): string {
  const lines = text.split('\n').map((line) => (line.length > 2_500 ? `${line.slice(0, 2_500)}... (${line.length} characters)` : line));
  return lines.slice(0, 40).join('\n');
}

for (const decoder of chosen) {
  const began = performance.now();
  try {
    const { runs: done, accepted, slowestMs, grownBytes } = await fuzz(decoder, { runs, longestMs: minutes * 60_000, ...seed });
    const seconds = (performance.now() - began) / 1000;
    process.stdout.write(
      `${decoder.name}: ${done} inputs${done < runs ? ` of ${runs}` : ''}, ${accepted} accepted, slowest ${slowestMs.toFixed(1)} ms, ${(grownBytes / 2 ** 20).toFixed(1)} MiB more, ${seconds.toFixed(0)} s\n`,
    );
  } catch (error) {
    const told = error instanceof Error ? [error.message, String((error.cause as Error | undefined)?.stack ?? '')] : [String(error)];
    process.stdout.write(`${decoder.name}: FAILED\n${told.map(shortened).join('\n')}\n`);
    process.exitCode = 1;
  }
}
