/** The scheduler's view of the nodes, made anew for each pass. */
import type { AttemptTable } from './attempt-table.ts';
import type { Membership } from './needs.ts';
import type { NodeRests } from './node-rests.ts';
import type { NodeSnapshot } from './scheduler/snapshot.ts';

export interface NodeSnapshotNeeds {
  readonly membership: Membership;
  readonly attempts: AttemptTable;
  readonly rests: NodeRests;
}

/** Reachable nodes only. A suspect keeps what it has and gets nothing new. */
export function snapshotNodes({ membership, attempts, rests }: NodeSnapshotNeeds, now: number): NodeSnapshot[] {
  return membership.reachable().map(({ facts, reachability }) => ({
    id: facts.id,
    inventory: facts.inventory,
    paused: facts.paused,
    resting: reachability === 'suspect' ? 'has not been heard from for a moment' : rests.reasonOf(facts.id, now),
    held: attempts
      .ofNode(facts.id)
      .filter((tracked) => tracked.state !== 'finished')
      .map((tracked) => tracked.requirements),
  }));
}
