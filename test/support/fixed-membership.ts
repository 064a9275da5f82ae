/** A membership that says what the test says. Each node is a machine of its own unless told otherwise. */
import type { Member, Membership } from '../../daemon/membership/membership.ts';
import type { NodeFacts, Reachability } from '../../src/model/inventory.ts';
import type { NodeId } from '../../src/model/job.ts';
import { inventoryOf } from './inventories.ts';

type Listener = Parameters<Membership['onChange']>[0];

export class FixedMembership implements Membership {
  readonly self: NodeId;
  readonly #members = new Map<NodeId, Member>();
  readonly #listeners: Listener[] = [];

  constructor(self: NodeId, nodes: readonly NodeId[]) {
    this.self = self;
    for (const id of nodes) this.#members.set(id, { facts: factsOf(id), reachability: 'alive', since: 0, term: undefined });
  }

  members(): readonly Member[] {
    return [...this.#members.values()];
  }

  member(id: NodeId): Member | undefined {
    return this.#members.get(id);
  }

  reachable(): readonly Member[] {
    return this.members().filter((member) => member.reachability === 'alive' || member.reachability === 'suspect');
  }

  update(changes: Partial<NodeFacts>): void {
    this.change(this.self, changes);
  }

  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  change(id: NodeId, facts: Partial<NodeFacts>, reachability?: Reachability): void {
    const before = this.#members.get(id);
    const member: Member = {
      facts: { ...(before?.facts ?? factsOf(id)), ...facts },
      reachability: reachability ?? before?.reachability ?? 'alive',
      since: 0,
      term: undefined,
    };
    this.#members.set(id, member);
    for (const listener of this.#listeners) listener({ member, before: before?.reachability });
  }
}

function factsOf(id: NodeId): NodeFacts {
  return { id, name: id, host: `host-${id}`, version: '0', incarnation: 1, addresses: [], paused: false, inventory: inventoryOf(), revision: 1 };
}
