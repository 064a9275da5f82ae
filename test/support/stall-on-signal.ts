/** For `NODE_OPTIONS=--import`: SIGUSR2 stops the main loop of a real daemon for STALL_MS, as a long computation would, and nothing else of the process. */
import { isMainThread } from 'node:worker_threads';

const { STALL_MS: stallMs } = process.env as { STALL_MS?: string };

if (isMainThread && process.argv.includes('daemon')) {
  process.on('SIGUSR2', () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(stallMs)));
}
