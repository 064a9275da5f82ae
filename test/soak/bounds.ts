/** Whether what daemons hold stays bounded: pure, over samples taken when all is quiet. */
import type { Quantity, Sample } from './measure.ts';

export interface Taken {
  /** Hours since the soak began. */
  readonly atHours: number;
  readonly sample: Sample;
}

interface Bound {
  readonly perHour: number;
  /** What may differ between two quiet moments without meaning anything; a short soak sees leaks larger than this. */
  readonly slack: number;
}

const mebi = 2 ** 20;

/** Jobs come and are removed, nodes go and return: nothing may be left of them but the ids of removed jobs. */
const bounds: { readonly [quantity in Quantity]: Bound } = {
  heapBytes: { perHour: 2 * mebi, slack: 12 * mebi },
  residentBytes: { perHour: 4 * mebi, slack: 32 * mebi },
  files: { perHour: 1, slack: 4 },
  sockets: { perHour: 1, slack: 3 },
  connections: { perHour: 0, slack: 2 },
  repeatedStreams: { perHour: 0, slack: 1 },
  threads: { perHour: 0, slack: 2 },
  processes: { perHour: 0, slack: 2 },
  dataBytes: { perHour: 16 * mebi, slack: 16 * mebi },
  // Rotated: four files of the daemon's, and those of the attempts of 200 jobs.
  logBytes: { perHour: 0, slack: 32 * mebi },
};

export interface Growth {
  readonly quantity: Quantity;
  readonly first: number;
  readonly last: number;
  /** By the slope through all samples, over their time. */
  readonly growth: number;
  readonly allowed: number;
}

/** Of the samples of one daemon's life, those of the warm-up left out. */
export function growths(taken: readonly Taken[]): readonly Growth[] {
  const [first, last] = [taken[0], taken.at(-1)];
  if (first === undefined || last === undefined || taken.length < 3) throw new Error(`${taken.length} samples tell no slope`);
  const hours = last.atHours - first.atHours;
  return (Object.keys(bounds) as Quantity[]).map((quantity) => {
    const points = taken.map(({ atHours, sample }) => ({ at: atHours, value: sample[quantity] }));
    const { perHour, slack } = bounds[quantity];
    return { quantity, first: first.sample[quantity], last: last.sample[quantity], growth: slopeOf(points) * hours, allowed: perHour * hours + slack };
  });
}

export const isTooMuch = ({ growth, allowed }: Growth): boolean => growth > allowed;

/** The median of the slopes between all pairs (Theil and Sen): one odd sample does not turn it. */
export function slopeOf(points: readonly { readonly at: number; readonly value: number }[]): number {
  const slopes = points.flatMap((a, index) => points.slice(index + 1).map((b) => (b.value - a.value) / (b.at - a.at)));
  slopes.sort((a, b) => a - b);
  const middle = Math.floor(slopes.length / 2);
  return slopes.length % 2 === 1 ? (slopes[middle] as number) : ((slopes[middle - 1] as number) + (slopes[middle] as number)) / 2;
}
