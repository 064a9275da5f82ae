/** Who should coordinate: a pure function of the view, so that nodes with one view agree without a word. */
import type { NodeId } from '../../src/model/job.ts';

export interface Candidate {
  readonly node: NodeId;
  /** Drawn from wall time at its start: the same number on every node, lower for who has been up longer. */
  readonly incarnation: number;
}

/** Differences in start time below this say nothing about who is the more lasting node (milliseconds). */
const coarseStartMs = 60_000;

/** Candidates in the order in which they should claim the seat: longest up first, coarsely, then by id. Paused nodes may coordinate. */
export function rankCandidates(candidates: readonly Candidate[]): readonly NodeId[] {
  const start = ({ incarnation }: Candidate): number => Math.floor(incarnation / coarseStartMs);
  return [...candidates].sort((a, b) => start(a) - start(b) || (a.node < b.node ? -1 : 1)).map(({ node }) => node);
}
