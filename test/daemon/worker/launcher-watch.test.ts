import { expect, test } from 'vitest';
import { LauncherWatch } from '../../../daemon/worker/launcher-watch.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

function watched(silentMs = 15_000) {
  const clock = new VirtualClock();
  const seen = { asked: 0, silent: 0 };
  const watch: LauncherWatch = new LauncherWatch(
    { silentMs },
    {
      clock,
      ask: () => {
        seen.asked += 1;
      },
      onSilent: () => {
        seen.silent += 1;
      },
    },
  );
  return { clock, seen, watch };
}

test('a launcher that says nothing is given up after its time, once', async () => {
  const { clock, seen, watch } = watched();
  watch.start();
  await clock.advance(14_999);
  expect(seen).toEqual({ asked: 3, silent: 0 });
  await clock.advance(1);
  expect(seen).toEqual({ asked: 3, silent: 1 });
  await clock.advance(60_000);
  expect(seen).toEqual({ asked: 3, silent: 1 });
});

test('whatever it says counts as an answer', async () => {
  const { clock, seen, watch } = watched();
  watch.start();
  for (let second = 0; second < 60; second += 6) {
    await clock.advance(6_000);
    watch.heard();
  }
  expect(seen.silent).toBe(0);
});

test('it is not asked while there is nothing for it to do', async () => {
  const { clock, seen, watch } = watched();
  await clock.advance(60_000);
  expect(seen.asked).toBe(0);
  watch.start();
  watch.start();
  expect(seen.asked).toBe(1);
  watch.stop();
  await clock.advance(60_000);
  expect(seen).toEqual({ asked: 1, silent: 0 });
  watch.start();
  await clock.advance(14_999);
  expect(seen.silent).toBe(0);
});
