/** Starts the thread of the heartbeats. */
import { Worker } from 'node:worker_threads';
import type { BeatCommand, BeatThread, BeatThreadOptions, StartBeatThread } from './beat-messages.ts';

/** Megabytes for a thread that keeps a few numbers a peer. */
const limits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 };

/** @param file `programFile('daemon/network/beats/thread-main.ts')` */
export function beatThreadStarter(file: string): StartBeatThread {
  return (options: BeatThreadOptions, answered): BeatThread => {
    const worker = new Worker(file, { name: 'beats', workerData: options, resourceLimits: limits, stdout: false, stderr: false });
    worker.on('message', answered);
    worker.on('error', (error: unknown) => answered({ type: 'failed', message: error instanceof Error ? error.message : String(error) }));
    worker.on('exit', () => answered({ type: 'failed', message: 'their thread has ended' }));
    return {
      tell: (command: BeatCommand) => worker.postMessage(command),
      stop: async () => {
        await worker.terminate();
      },
    };
  };
}
