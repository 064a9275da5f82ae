/** Which pictures of a sequence the frames of a job show. */
import { eachFrame } from '../../src/model/frame-range.ts';
import type { IntegerRange } from '../../src/model/job.ts';
import type { ShownPictures } from './blend/reference.ts';

/** How many frames may still be looked at: a scene may have very many nodes and very many frames. */
export interface LookBudget {
  left: number;
}

/** As Blender counts. Before its first frame a sequence that does not go round shows nothing, or nothing certain. */
function pictureAt({ first, count, offset, isCyclic }: ShownPictures, frame: number): number | undefined {
  const place = frame - first;
  if (isCyclic) return (((place % count) + count) % count) + 1 + offset;
  return place < 0 ? undefined : Math.min(place + 1, count) + offset;
}

/** Their numbers, each once; those below zero, which no file name has, are left out, and so is what the budget does not reach. */
export function picturesShown(shown: readonly ShownPictures[], frames: readonly IntegerRange[], budget: LookBudget): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const user of shown) {
    for (const frame of eachFrame(frames)) {
      if (budget.left === 0) return numbers;
      budget.left -= 1;
      const number = pictureAt(user, frame);
      if (number !== undefined && number >= 0) numbers.add(number);
    }
  }
  return numbers;
}
