/** Runs a decoder with many inputs: it may refuse each, by an error of its own, soon, and without keeping anything. */
import * as fc from 'fast-check';
import { corpusOf } from './corpus.ts';
import { type Decoder, isRefusal } from './decoder.ts';
import { inputsFor } from './inputs.ts';

export interface Outcome {
  readonly runs: number;
  readonly accepted: number;
  readonly slowestMs: number;
  /** What the process has grown by, after the garbage is collected where that can be asked for. */
  readonly grownBytes: number;
}

export interface FuzzOptions {
  readonly runs: number;
  readonly seed?: number;
  /** The first input that fails will do, without looking for a smaller one. */
  readonly endOnFailure?: boolean;
}

const usualLimitMs = 100;
const mostGrownBytes = 192 * 1024 * 1024;
/** One slow turn may be the machine's, or the collector's: an input is slow when it takes this thread's processor so long each time. */
const looks = 3;

/** Throws with the smallest input that fails, and the seed that leads there. */
export async function fuzz(decoder: Decoder, { runs, seed, endOnFailure = false }: FuzzOptions): Promise<Outcome> {
  let accepted = 0;
  let slowestMs = 0;
  const before = heldBytes();
  const check = async (input: unknown): Promise<void> => {
    let took = await timed(decoder, input, () => (accepted += 1));
    const limit = decoder.limitMs ?? usualLimitMs;
    for (let look = 1; look < looks && took > limit; look += 1) took = Math.min(took, await timed(decoder, input, () => undefined));
    if (took > limit) throw new Error(`it takes ${took.toFixed(0)} ms to read ${describe(input)}`);
    slowestMs = Math.max(slowestMs, took);
  };
  for (const input of corpusOf(decoder)) await check(input);
  for (const sample of decoder.samples) await check(sample);
  await fc.assert(fc.asyncProperty(inputsFor(decoder), check), { numRuns: runs, endOnFailure, ...(seed === undefined ? {} : { seed }) }).catch(whole);
  const grownBytes = heldBytes() - before;
  if (grownBytes > mostGrownBytes) throw new Error(`${decoder.name} keeps ${grownBytes} bytes`);
  return { runs, accepted, slowestMs, grownBytes };
}

/** With what fast-check keeps as a cause. */
function whole(error: unknown): never {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) throw error;
  throw new Error(`${error.cause.message}\n${error.message}`, { cause: error.cause.cause ?? error.cause });
}

async function timed(decoder: Decoder, input: unknown, accepted: () => void): Promise<number> {
  const began = process.threadCpuUsage();
  try {
    const answer: unknown = decoder.run(input as never);
    if (answer instanceof Promise) await answer;
    accepted();
  } catch (error) {
    if (!(decoder.refuses ?? isRefusal)(error)) throw new Error(`${decoder.name} fails on ${describe(input)}`, { cause: error });
  }
  const { user, system } = process.threadCpuUsage(began);
  return (user + system) / 1000;
}

function heldBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function describe(input: unknown): string {
  const text = input instanceof Uint8Array ? Buffer.from(input).toString('hex') : (JSON.stringify(input) ?? 'undefined');
  return text.length > 2_000 ? `${text.slice(0, 2_000)}... (${text.length} characters)` : text;
}
