import { createMemoryNetwork } from '../../daemon/network/memory-network.ts';
import { seededRandomness } from '../support/seeded-randomness.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { type MessengerLab, messengerSuite } from './messenger-suite.ts';

const longestMs = 60_000;

async function createLab(): Promise<MessengerLab> {
  const clock = new VirtualClock();
  const network = createMemoryNetwork({ clock, randomness: seededRandomness(1), onViolation: () => undefined, onUnknown: () => undefined });
  let nodes = 0;
  const until = async (predicate: () => boolean) => {
    if (!(await clock.runUntil(predicate, longestMs))) throw new Error('it never came true');
  };
  return {
    create: async (cluster) => network.join(`node-${++nodes}`, cluster),
    meet: () => clock.advance(100),
    until,
    async settled(promise) {
      let done = false;
      promise.then(
        () => {
          done = true;
        },
        () => {
          done = true;
        },
      );
      await until(() => done);
      return promise;
    },
    close: async () => undefined,
  };
}

messengerSuite('the memory network', createLab);
