/** Who is here, as the rest of the daemon sees it. The implementation is membership-node.ts. */
import type { NodeFacts, Reachability } from '../../src/model/inventory.ts';
import type { NodeId, Term } from '../../src/model/job.ts';

export interface Member {
  readonly facts: NodeFacts;
  readonly reachability: Reachability;
  /** Monotonic milliseconds (this node's clock) when it was first seen in this incarnation. */
  readonly since: number;
  /** Highest term this member said it knows. */
  readonly term: Term | undefined;
  /** True when a chain of nodes that reach one another leads to it, though this node itself may not: it lives, only not for us. */
  readonly witnessed?: boolean;
}

export interface Membership {
  readonly self: NodeId;
  /** Every node known, this one included. */
  members(): readonly Member[];
  member(id: NodeId): Member | undefined;
  /** Alive or suspect (a suspect is not lost yet). */
  reachable(): readonly Member[];
  /** How many heartbeats a peer is late by the pace that it promised; 0 for who promised none. */
  missedBeats?(id: NodeId): number;
  /** Changes this node's own facts (inventory, paused, addresses) and spreads them in the next batch. */
  update(changes: Partial<Pick<NodeFacts, 'inventory' | 'paused' | 'addresses' | 'name'>>): void;
  onChange(listener: (change: { readonly member: Member; readonly before: Reachability | undefined }) => void): void;
}
