import { expect, test } from 'vitest';
import { faultKinds } from './faults.ts';
import { drawPlan } from './plan.ts';
import { runSeeds } from './seeds.ts';
import { rareFaults } from './statistics.ts';
import { runSeed } from './world.ts';

test('a seed replays with the same trace to the last line', async () => {
  for (const seed of [3, 39, 184]) {
    const [first, second] = [await runSeed(seed), await runSeed(seed)];
    expect(second.trace).toEqual(first.trace);
    expect(first.trace.length).toBeGreaterThan(20);
  }
});

test('seeds that are run here keep all promises; `npm run sim` runs a thousand', async () => {
  expect((await runSeeds({ from: 1, count: 60, stride: 1, firstOnly: false })).failures).toEqual([]);
});

test('every kind of fault is planned for at least a tenth of the seeds, and some seeds are calm', () => {
  const plans = Array.from({ length: 1000 }, (_, seed) => drawPlan(seed));
  for (const kind of faultKinds) expect(plans.filter(({ faults }) => faults.some((fault) => fault.kind === kind)).length, kind).toBeGreaterThanOrEqual(100);
  expect(plans.filter(({ faults }) => faults.length === 0).length).toBeGreaterThan(30);
});

test('faults that hardly ever happened are named', () => {
  const tally = { seeds: 100, virtualMs: 0, failures: [], happened: new Map(faultKinds.map((kind) => [kind, kind === 'sleep' ? 9 : 10] as const)) };
  expect(rareFaults({ ...tally, happened: tally.happened })).toEqual(['sleep', 'lost-write']);
});
