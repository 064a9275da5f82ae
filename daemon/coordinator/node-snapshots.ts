/** The scheduler's view of the nodes, made anew for each pass. */
import type { Inventory } from '../../src/model/inventory.ts';
import type { AttemptTable } from './attempt-table.ts';
import { toldDiskRefusal } from './disk-refusal.ts';
import type { Membership } from './needs.ts';
import type { NodeRests, Rest } from './node-rests.ts';
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
    ...restingOf(reachability === 'suspect', facts.inventory, rests.of(facts.id, now)),
    held: attempts
      .ofNode(facts.id)
      .filter((tracked) => tracked.state !== 'finished')
      .map((tracked) => tracked.requirements),
  }));
}

function restingOf(isSuspect: boolean, inventory: Inventory, rest: Rest | undefined): Pick<NodeSnapshot, 'resting' | 'diskRefuses'> {
  if (isSuspect) return { resting: 'has not been heard from for a moment' };
  const told = toldDiskRefusal(inventory);
  if (told !== undefined) return { resting: told, diskRefuses: true };
  return { resting: rest?.reason, ...(rest?.ofDisk === true ? { diskRefuses: true } : {}) };
}
