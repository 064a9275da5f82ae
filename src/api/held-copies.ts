import type { JobView } from './views.ts';

/** Results are wanted on two machines, inputs and facts on three. */
const resultCopiesWanted = 2;

/** Machines that hold what the fewest hold of the job: its facts, its inputs while it is open, its results until they are written out. */
export function heldCopies({ copies, copiesWanted, resultCopies }: Pick<JobView, 'copies' | 'copiesWanted' | 'resultCopies'>): number {
  const isShort = resultCopies !== undefined && resultCopies < Math.min(resultCopiesWanted, copiesWanted);
  return isShort ? Math.min(copies.length, resultCopies) : copies.length;
}
