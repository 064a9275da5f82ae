import type { Log } from './log/log.ts';
import type { Startable } from './startable.ts';

/** A part that fails to start takes the started ones down again. */
export function inOrder(parts: readonly Startable[], log: Log): Startable {
  const started: Startable[] = [];
  const stop = async (): Promise<void> => {
    for (let part = started.pop(); part !== undefined; part = started.pop()) {
      await part.stop().catch((error: unknown) => log.error('a part did not stop', { error }));
    }
  };
  return {
    async start() {
      for (const part of parts) {
        try {
          await part.start();
        } catch (error) {
          await stop();
          throw error;
        }
        started.push(part);
      }
    },
    stop,
  };
}
