import { expect, test } from 'vitest';
import { sleeplessClock, systemClock, systemRandomness } from '../../daemon/system-clock.ts';

test('time goes on while the machine sleeps, and coarse uptime is not taken for sleep', () => {
  const machine = { awake: 5000, up: 905_000 };
  const { now, slept } = sleeplessClock(
    () => machine.awake,
    () => machine.up,
  );
  const pass = (awake: number, asleep = 0): number => {
    machine.awake += awake;
    machine.up += awake + asleep;
    return now();
  };
  expect(pass(300)).toBe(5300);
  expect(pass(300, 10)).toBe(5600);
  expect(pass(300, 60_000)).toBe(65_910);
  expect(pass(300)).toBe(66_210);
  expect(slept()).toBe(60_010);
});

test('what is timed is over as soon as the machine wakes, not a quarter of a second later', () => {
  const machine = { awake: 5000, up: 905_000 };
  const { now } = sleeplessClock(
    () => machine.awake,
    () => machine.up,
  );
  machine.awake += 20;
  machine.up += 20;
  expect(now()).toBe(5020);
  machine.awake += 15;
  machine.up += 60_015;
  expect(now()).toBe(65_035);
});

test('timers of the machine run and can be cancelled', async () => {
  const clock = systemClock();
  const before = clock.now();
  const cancelled = clock.after(0, () => expect.unreachable());
  cancelled.cancel();
  await new Promise<void>((resolve) => void clock.after(1, resolve));
  await new Promise<void>((resolve) => {
    const timer = clock.every(1, () => {
      timer.cancel();
      resolve();
    });
  });
  expect(clock.now()).toBeGreaterThan(before);
});

test('random texts have the length asked for and differ', () => {
  const { hex, fraction } = systemRandomness();
  expect(hex(16)).toMatch(/^[0-9a-f]{32}$/);
  expect(hex(16)).not.toBe(hex(16));
  expect(Math.floor(fraction())).toBe(0);
});
