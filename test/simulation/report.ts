/** What a person is told of a run. */
import type { Happening } from './chronicle.ts';
import { crashPoints } from './crash-points.ts';
import { faultKinds } from './faults.ts';
import { rarePaths } from './rare-paths.ts';
import type { Tally } from './seeds.ts';
import { missing, quantile } from './statistics.ts';
import { healsWithinMs } from './world.ts';

const mostFailuresShown = 10;

export function reportLines(tally: Tally, seconds: number): readonly string[] {
  const share = (happening: Happening): string => {
    const seeds = tally.happened.get(happening) ?? 0;
    return `  ${((100 * seeds) / tally.seeds).toFixed(2).padStart(6)} %  ${happening}`;
  };
  const bySeeds = (a: Happening, b: Happening): number => (tally.happened.get(b) ?? 0) - (tally.happened.get(a) ?? 0);
  const points = crashPoints.filter((point) => tally.happened.has(`crash ${point}`));
  const absentPoints = crashPoints.filter((point) => !points.includes(point));
  const heals = tally.healMs.toSorted((a, b) => a - b);
  const heal = (part: number): string => `${(quantile(heals, part) / 1000).toFixed(1)} s`;
  const failed = tally.failures.slice(0, mostFailuresShown);
  const absent = missing(tally);
  return [
    'faults, in so many of the seeds:',
    ...[...faultKinds].toSorted(bySeeds).map(share),
    'paths that are rarely taken:',
    ...[...rarePaths].toSorted(bySeeds).map(share),
    `crashes at ${points.length} of ${crashPoints.length} named points${absentPoints.length === 0 ? '' : `, none ${absentPoints.join(', ')}`}`,
    `healed in (p50, p99, p99.9, longest): ${[0.5, 0.99, 0.999, 1].map(heal).join(', ')}; at most ${healsWithinMs / 1000} s are allowed`,
    `${tally.seeds} seeds in ${seconds.toFixed(1)} s: ${(tally.seeds / seconds).toFixed(1)} seeds and ${(tally.virtualMs / 1000 / seconds).toFixed(0)} simulated seconds a second`,
    ...failed.flatMap(({ seed, violations }) => [`seed ${seed}: ${violations[0]}`, `  replay it: npm run sim -- --seed ${seed}`]),
    ...(absent.length === 0 ? [] : [`too rare to prove anything: ${absent.join('; ')}`]),
    tally.failures.length === 0 ? 'all promises kept' : `${tally.failures.length} seeds broke a promise`,
  ];
}
