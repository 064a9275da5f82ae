/** Whether the faults of a run bit: a simulation in which nothing goes wrong proves nothing. */
import type { Happening } from './chronicle.ts';
import { faultKinds } from './faults.ts';
import type { Tally } from './seeds.ts';

/** Each kind of fault must happen in this share of the seeds. */
const leastShare = 0.1;
/** Fewer seeds than this say nothing about shares. */
const enoughSeeds = 300;

/** Faults that happened in too few of the seeds. */
export function rareFaults({ seeds, happened }: Tally): readonly Happening[] {
  const all: readonly Happening[] = [...faultKinds, 'lost-write'];
  return all.filter((kind) => (happened.get(kind) ?? 0) < leastShare * seeds);
}

/** Rare faults count against a run only when it was long enough to tell. */
export function isTelling({ seeds }: Tally): boolean {
  return seeds >= enoughSeeds;
}
