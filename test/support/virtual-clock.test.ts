import { expect, test } from 'vitest';
import { seededRandomness } from './seeded-randomness.ts';
import { VirtualClock } from './virtual-clock.ts';

test('timers run in the order of their times, and of their making when the times are equal', async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  for (const [name, delay] of Object.entries({ late: 30, early: 10, twin: 30, middle: 20 })) clock.after(delay, () => seen.push(`${name}@${clock.now()}`));
  clock.after(15, () => seen.push('cancelled')).cancel();
  await clock.advance(100);
  expect(seen).toEqual(['early@10', 'middle@20', 'late@30', 'twin@30']);
  expect(clock.now()).toBe(100);
});

test('promises set off by one timer are done before the next one runs', async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  clock.after(1, async () => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    seen.push('promises');
  });
  clock.after(1, () => seen.push('next'));
  await clock.advance(1);
  expect(seen).toEqual(['promises', 'next']);
});

test('an interval repeats until cancelled, and runUntil stops the time where its predicate came true', async () => {
  const clock = new VirtualClock();
  let runs = 0;
  const timer = clock.every(10, () => {
    runs += 1;
  });
  expect(await clock.runUntil(() => runs === 3, 1000)).toBe(true);
  expect(clock.now()).toBe(30);
  timer.cancel();
  expect(await clock.runUntil(() => runs === 4, 1000)).toBe(false);
  expect(clock.now()).toBe(1030);
});

test('one seed draws one sequence, and forks do not shift it', () => {
  const [first, second] = [seededRandomness(7), seededRandomness(7)];
  second.fork('other').fraction();
  expect([first.hex(4), first.integer(1000), first.fraction()]).toEqual([second.hex(4), second.integer(1000), second.fraction()]);
  expect(seededRandomness(8).hex(8)).not.toBe(seededRandomness(7).hex(8));
});
