import { expect, test } from 'vitest';
import { LauncherWatch } from '../../../daemon/worker/launcher-watch.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

function watched(silentMs = 15_000) {
  const clock = new VirtualClock();
  const seen = { asked: 0, silent: 0 };
  const disk = { holds: false };
  const watch: LauncherWatch = new LauncherWatch(
    { silentMs },
    {
      clock,
      ask: () => {
        seen.asked += 1;
      },
      isHeldByDisk: () => disk.holds,
      onSilent: () => {
        seen.silent += 1;
      },
    },
  );
  return { clock, seen, disk, watch };
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

test('a launcher that waits for a disk is not given up, and one that hangs after that is', async () => {
  const { clock, seen, disk, watch } = watched();
  watch.start();
  disk.holds = true;
  await clock.advance(600_000);
  expect(seen.silent).toBe(0);
  disk.holds = false;
  await clock.advance(14_999);
  expect(seen.silent).toBe(0);
  await clock.advance(1);
  expect(seen.silent).toBe(1);
});
