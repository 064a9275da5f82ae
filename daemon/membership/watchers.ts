/** Who gets a node's heartbeats: all its neighbours in a small cluster, a few fixed ones in a large one. Pure. */
import type { NodeId } from '../../src/model/job.ts';
import { placeOnRing } from '../../src/model/place-on-ring.ts';

/** Up to this many nodes everybody watches everybody. */
const smallCluster = 16;
const watchersInLarge = 5;

/** Those of `neighbours` that `self` sends heartbeats to: its successors on a ring of hashed ids. */
export function watchersOf(self: NodeId, neighbours: readonly NodeId[]): readonly NodeId[] {
  if (neighbours.length < smallCluster) return neighbours;
  const own = placeOnRing(self);
  const distance = (id: NodeId): number => (placeOnRing(id) - own) >>> 0;
  return [...neighbours].sort((a, b) => distance(a) - distance(b) || (a < b ? -1 : 1)).slice(0, watchersInLarge);
}
