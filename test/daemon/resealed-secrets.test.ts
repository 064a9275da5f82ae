import { expect, test } from 'vitest';
import { resealedSecrets } from '../../daemon/resealed-secrets.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

async function machine(options: { readonly coordinates: boolean }) {
  const clock = new VirtualClock();
  let stale = ['API_KEY'];
  const done: string[] = [];
  const part = resealedSecrets({
    clock,
    secrets: {
      stale: () => stale,
      async reseal() {
        const names = stale;
        stale = [];
        return names;
      },
    },
    coordinates: () => options.coordinates,
    done: (names) => done.push(...names),
    problem: (error) => expect.unreachable(String(error)),
  });
  await part.start();
  return { clock, done, part };
}

test('the coordinator seals anew soon, another machine only when nobody else has for minutes, and a stopped one never', async () => {
  const [coordinator, other, stopped] = [await machine({ coordinates: true }), await machine({ coordinates: false }), await machine({ coordinates: true })];
  await stopped.part.stop();
  for (const { clock } of [coordinator, other, stopped]) await clock.advance(60_000);
  expect([coordinator.done, other.done, stopped.done]).toEqual([['API_KEY'], [], []]);
  await other.clock.advance(10 * 60_000);
  expect(other.done).toEqual(['API_KEY']);
});
