/** What a node says of itself, as it is passed on: the newest version of each origin wins, so merging is independent of order and repetition. */
import type { NodeFacts } from '../../src/model/inventory.ts';
import type { NodeId } from '../../src/model/job.ts';

export interface MemberRecord {
  readonly facts: NodeFacts;
  /** It said goodbye: final for its incarnation. */
  readonly left: boolean;
  /** With `left`: it means to be back within so many milliseconds. */
  readonly returnsMs?: number;
  /** The peers it reaches itself. */
  readonly sees: readonly NodeId[];
  /** The peers that it sends heartbeats to; their majority decides for those that get none. Empty: all its neighbours. */
  readonly watchers: readonly NodeId[];
}

/** Positive when `a` is the newer of two records of one origin: by incarnation, then goodbye, then revision. */
export function compareRecords(a: MemberRecord, b: MemberRecord): number {
  const byIncarnation = a.facts.incarnation - b.facts.incarnation;
  if (byIncarnation !== 0) return byIncarnation;
  if (a.left !== b.left) return a.left ? 1 : -1;
  return a.facts.revision - b.facts.revision;
}

/** The record that stands after hearing of `told`. */
export function newerRecord(held: MemberRecord | undefined, told: MemberRecord): MemberRecord {
  return held !== undefined && compareRecords(held, told) >= 0 ? held : told;
}
