/** Whether the faults of a run bit and its rare paths were taken: a simulation in which nothing goes wrong proves nothing. */
import type { Happening } from './chronicle.ts';
import { crashPoints } from './crash-points.ts';
import { faultKinds } from './faults.ts';
import { rarePaths } from './rare-paths.ts';
import type { Tally } from './seeds.ts';

/** Each kind of fault must happen in this share of the seeds; in fewer seeds chance alone may bring it down to half of that. */
const leastShare = 0.1;
/** Fewer seeds than this say nothing about shares. */
const enoughSeeds = 300;
/** And fewer than this little about shares, and nothing about what happens once in a thousand. */
const enoughForRare = 4000;

/** Faults that happened in too few of the seeds. */
function rareFaults({ seeds, happened }: Tally): readonly Happening[] {
  const all: readonly Happening[] = [...faultKinds, 'lost-write', 'clock-rate'];
  const share = seeds < enoughForRare ? leastShare / 2 : leastShare;
  return all.filter((kind) => (happened.get(kind) ?? 0) < share * seeds);
}

/** Paths and crash points that were never reached. */
function unreached({ happened }: Tally): readonly Happening[] {
  const all: readonly Happening[] = [...rarePaths, ...crashPoints.map((point): Happening => `crash ${point}`)];
  return all.filter((path) => !happened.has(path));
}

/** What a run of this length must have shown and has not. */
export function missing(tally: Tally): readonly Happening[] {
  return [...(tally.seeds >= enoughSeeds ? rareFaults(tally) : []), ...(tally.seeds >= enoughForRare ? unreached(tally) : [])];
}

/** Of the numbers, in ascending order, the one below which `share` of them are; 0 of none. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
