/** Gives back what a start leaves behind: connections' handshakes, parsed files, code that ran once. Left alone, Node keeps it for hours when there is little to do. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that small buffers share, as in Node before 24. A peer's id or address of 40 bytes keeps all of what it shares, and peers stay. */
const poolBytes = 8192;

/** For this thread. */
export function poolLittle(): void {
  Buffer.poolSize = poolBytes;
}

/** First the peers of a small cluster have found each other, and every thread has loaded what it needs; then those of a large one. */
const settledMs = [15_000, 120_000];

/** For the thread that calls it, once it has settled; each has a heap of its own. Takes some 100 ms, in which nothing else runs in it. */
export function spareMemoryOnceSettled(): void {
  for (const ms of settledMs) setTimeout(spareMemory, ms).unref();
}

/** Collections after which what a function was compiled to is dropped, unless it ran meanwhile: V8's own, and now. */
const usualAge = 6;
const shortAge = 1;
/** One makes code old, one drops it, one frees what only it held. */
const collections = 3;

function spareMemory(): void {
  // The way to the collector without a flag on the command line, which every child process would get too. It is never taken back: flags are
  // the process's, and another thread may be about to use it.
  setFlagsFromString('--expose-gc');
  // Most of what a start compiles never runs again; what does is compiled anew in microseconds.
  setFlagsFromString('--flush-baseline-code');
  setFlagsFromString(`--bytecode-old-age=${shortAge}`);
  const collect = runInNewContext('globalThis.gc') as NodeJS.GCFunction | undefined;
  for (let round = 0; round < collections; round += 1) collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  setFlagsFromString(`--bytecode-old-age=${usualAge}`);
}
