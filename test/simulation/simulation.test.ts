import { expect, test } from 'vitest';
import { crashPoints } from './crash-points.ts';
import { faultKinds } from './faults.ts';
import { drawPlan } from './plan.ts';
import { rarePaths } from './rare-paths.ts';
import { runSeeds } from './seeds.ts';
import { missing } from './statistics.ts';
import { runSeed } from './world.ts';

test('a seed replays with the same trace to the last line', async () => {
  for (const seed of [3, 39, 184]) {
    const [first, second] = [await runSeed(seed), await runSeed(seed)];
    expect(second.trace()).toEqual(first.trace());
    expect(first.trace().length).toBeGreaterThan(20);
  }
});

test('seeds that are run here keep all promises; `npm run sim` runs five thousand', async () => {
  expect((await runSeeds({ from: 1, count: 30, stride: 1, firstOnly: false })).failures).toEqual([]);
});

test('every kind of fault is planned for at least a tenth of the seeds, every crash point for some, and some seeds are calm', () => {
  const plans = Array.from({ length: 1000 }, (_, seed) => drawPlan(seed));
  for (const kind of faultKinds) expect(plans.filter(({ faults }) => faults.some((fault) => fault.kind === kind)).length, kind).toBeGreaterThanOrEqual(100);
  const planned = new Set(plans.flatMap(({ faults }) => faults.map(({ point }) => point)));
  expect(crashPoints.filter((point) => !planned.has(point))).toEqual([]);
  expect(plans.filter(({ faults }) => faults.length === 0).length).toBeGreaterThan(30);
});

test('faults that hardly ever happened and paths that were never taken are named, once the run was long enough to tell', () => {
  const all = [...faultKinds, 'lost-write', 'clock-rate', ...rarePaths, ...crashPoints.map((point) => `crash ${point}` as const)] as const;
  const tally = (seeds: number) => ({
    seeds,
    virtualMs: 0,
    healMs: [],
    failures: [],
    happened: new Map(all.map((happening) => [happening, seeds / 10] as const)),
  });
  expect(missing(tally(5000))).toEqual([]);
  const poor = tally(5000);
  poor.happened.set('sleep', 499);
  poor.happened.delete('fork noticed');
  poor.happened.delete('crash before claim');
  expect(missing(poor)).toEqual(['sleep', 'fork noticed', 'crash before claim']);
  expect(missing({ ...poor, seeds: 3999 })).toEqual([]);
});
