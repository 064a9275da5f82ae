/** Who lives although we cannot reach it: followed along what others say they see. Pure. */
import type { NodeId } from '../../src/model/job.ts';

/**
 * Every node to which a chain of nodes leads, each reaching the next, starting with those that we reach ourselves.
 * What an unreached node last said counts for nothing: two dead nodes do not keep each other alive.
 */
export function witnessedFrom(reached: readonly NodeId[], seesOf: (id: NodeId) => readonly NodeId[]): ReadonlySet<NodeId> {
  const found = new Set(reached);
  for (const id of found) for (const seen of seesOf(id)) found.add(seen);
  return found;
}
