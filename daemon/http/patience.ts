/** Questions to the coordinator, asked again for a moment while none is elected: a daemon that just started needs a second to have one. */
import { SupervmError } from '../../src/model/errors.ts';
import type { Clock } from './needs.ts';

const patienceMs = 3000;
const againMs = 100;

/** Undefined when nobody coordinates for three seconds, or whoever does gives no answer. */
export async function askCoordinator<T>(clock: Clock, ask: () => Promise<T>): Promise<T | undefined> {
  const giveUpAt = clock.now() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof SupervmError) || error.code !== 'no-coordinator' || clock.now() >= giveUpAt) return undefined;
    }
    await new Promise<void>((resolve) => clock.after(againMs, resolve));
  }
}
