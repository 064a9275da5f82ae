/** Who gets a node's heartbeats: all its neighbours in a small cluster, a few fixed ones in a large one. Pure. */
import type { NodeId } from '../../src/model/job.ts';

/** Up to this many nodes everybody watches everybody. */
const smallCluster = 16;
const watchersInLarge = 5;

/** FNV-1a: spreads ids around the ring, the same everywhere; nothing secret about it. */
function placeOnRing(id: NodeId): number {
  let hash = 2166136261;
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 16777619) >>> 0;
  return hash;
}

/** Those of `neighbours` that `self` sends heartbeats to: its successors on a ring of hashed ids. */
export function watchersOf(self: NodeId, neighbours: readonly NodeId[]): readonly NodeId[] {
  if (neighbours.length < smallCluster) return neighbours;
  const own = placeOnRing(self);
  const distance = (id: NodeId): number => (placeOnRing(id) - own) >>> 0;
  return [...neighbours].sort((a, b) => distance(a) - distance(b) || (a < b ? -1 : 1)).slice(0, watchersInLarge);
}
