/** Runs a decoder with many inputs: it may refuse each, by an error of its own, soon, without taking much memory and without keeping any. */
import * as fc from 'fast-check';
import { corpusOf } from './corpus.ts';
import { type Decoder, isRefusal } from './decoder.ts';
import { inputsFor } from './inputs.ts';

export interface Outcome {
  /** Fewer than were asked for where the time was over. */
  readonly runs: number;
  readonly accepted: number;
  readonly slowestMs: number;
  /** What the process has grown by, after the garbage is collected where that can be asked for. */
  readonly grownBytes: number;
}

export interface FuzzOptions {
  readonly runs: number;
  /** Of the first inputs. */
  readonly seed?: number;
  /** Begins no more inputs after so long. */
  readonly longestMs?: number;
  /** The largest size that the process ever had. Default: as the system says. */
  readonly peakBytes?: () => number;
  /** The first input that fails will do, without looking for a smaller one. */
  readonly endOnFailure?: boolean;
}

const usualLimitMs = 100;
const mostGrownBytes = 32 * 2 ** 20;
/** By which the largest size that the process ever had may grow with one batch: an input that is believed takes more for a moment. */
const mostJumpBytes = 384 * 2 ** 20;
/** One slow turn may be the machine's, or the collector's: an input is slow when it takes so long each time, and the processor so long at last. */
const looks = 3;
/** Families of inputs that are made at once, of one seed. */
const batch = 50;
/** Batches from one look at what is kept to the next. */
const lookEvery = 100;

/** Throws with the smallest input that fails, and the seed that leads there. */
export async function fuzz(decoder: Decoder, options: FuzzOptions): Promise<Outcome> {
  const { runs, longestMs = Number.POSITIVE_INFINITY, endOnFailure = false, peakBytes = largestSize } = options;
  const trial = new Trial(decoder);
  const inputs = inputsFor(decoder);
  const until = performance.now() + longestMs;
  for (const input of [...corpusOf(decoder), ...decoder.samples]) await trial.check(input);
  let seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  let done = 0;
  let before: number | undefined;
  for (let count = 1; done < runs && performance.now() < until; count += 1, seed = (seed + 1) | 0) {
    const some = { numRuns: batch, seed };
    const peak = peakBytes();
    const made = fc
      .sample(inputs, some)
      .flat()
      .slice(0, runs - done);
    try {
      for (const input of made) await trial.check(input);
    } catch (error) {
      await fc.assert(fc.asyncProperty(inputs, trial.checkAll), { ...some, endOnFailure }).catch(whole);
      // With other inputs before it.
      throw new Error(`${(error as Error).message} (seed ${seed}, and not alone)`, { cause: (error as Error).cause });
    }
    done += made.length;
    const jump = peakBytes() - peak;
    if (jump > mostJumpBytes) throw new Error(`${decoder.name} takes ${jump} bytes for a moment (seed ${seed}, ${made.length} inputs)`);
    // What is made once, at the first use, is not kept of inputs.
    before ??= heldBytes();
    if (count % lookEvery === 0) await grownSince(decoder, before);
  }
  return { runs: done, accepted: trial.accepted, slowestMs: trial.slowestMs, grownBytes: await grownSince(decoder, before ?? heldBytes()) };
}

class Trial {
  readonly #decoder: Decoder;
  accepted = 0;
  slowestMs = 0;

  constructor(decoder: Decoder) {
    this.#decoder = decoder;
  }

  readonly check = async (input: unknown): Promise<void> => {
    const began = performance.now();
    if (await this.#accepts(input)) this.accepted += 1;
    let took = performance.now() - began;
    // Nearly always: a closer look is for what would be the slowest.
    if (took <= this.slowestMs) return;
    for (let look = 1; look < looks && took > this.slowestMs; look += 1) took = Math.min(took, await this.#again(input));
    if (took > (this.#decoder.limitMs ?? usualLimitMs)) took = Math.min(took, await this.#processorMs(input));
    if (took > (this.#decoder.limitMs ?? usualLimitMs)) throw new Error(`it takes ${took.toFixed(0)} ms to read ${describe(input)}`);
    this.slowestMs = Math.max(this.slowestMs, took);
  };

  readonly checkAll = async (inputs: readonly unknown[]): Promise<void> => {
    for (const input of inputs) await this.check(input);
  };

  async #again(input: unknown): Promise<number> {
    const began = performance.now();
    await this.#accepts(input);
    return performance.now() - began;
  }

  /** Of this thread alone. Coarse: some kernels count in steps of 4 ms. */
  async #processorMs(input: unknown): Promise<number> {
    const began = process.threadCpuUsage();
    await this.#accepts(input);
    const { user, system } = process.threadCpuUsage(began);
    return (user + system) / 1000;
  }

  /** Throws where it is neither taken nor refused. */
  async #accepts(input: unknown): Promise<boolean> {
    const { name, refuses = isRefusal } = this.#decoder;
    try {
      const answer: unknown = this.#decoder.run(input as never);
      if (answer instanceof Promise) await answer;
      return true;
    } catch (error) {
      if (refuses(error)) return false;
      throw new Error(`${name} fails on ${describe(input)}`, { cause: error });
    }
  }
}

/** With what fast-check keeps as a cause. */
function whole(error: unknown): never {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) throw error;
  throw new Error(`${error.cause.message}\n${error.message}`, { cause: error.cause.cause ?? error.cause });
}

/** Throws where it is much, and no garbage that is still being swept. */
async function grownSince({ name }: Decoder, before: number): Promise<number> {
  let grown = heldBytes() - before;
  for (let look = 1; look < looks && grown > mostGrownBytes; look += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    grown = heldBytes() - before;
  }
  if (grown > mostGrownBytes) throw new Error(`${name} keeps ${grown} bytes`);
  return grown;
}

function heldBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function largestSize(): number {
  return process.resourceUsage().maxRSS * 1024;
}

function describe(input: unknown): string {
  const text = input instanceof Uint8Array ? Buffer.from(input).toString('hex') : (JSON.stringify(input) ?? 'undefined');
  return text.length > 2_000 ? `${text.slice(0, 2_000)}... (${text.length} characters)` : text;
}
