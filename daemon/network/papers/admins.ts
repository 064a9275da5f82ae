/**
 * The admin keys of a cluster, as this node knows them. The founder's is the root; another counts once a key that counts has said so.
 * The key of a removed machine says nothing new from the moment that the removal is known here; what it had said before stands,
 * for it cannot be told otherwise from what honest machines rely on.
 */
import type { AdminAdded, MemberRemoved } from '../../../src/model/cluster-facts.ts';
import type { NodeId } from '../../../src/model/job.ts';
import type { AdminKeyId } from './admin-key.ts';
import { isGenuine } from './signed-facts.ts';

/** More are somebody's play. */
const mostAdmins = 64;
/** Of facts whose signer is not known yet: they come over many logs, in any order. */
const mostPending = 256;

export interface AdminsOptions {
  readonly cluster: string;
  readonly root: AdminKeyId;
  readonly admins: readonly AdminAdded[];
  readonly removals: readonly MemberRemoved[];
}

export class Admins {
  readonly #cluster: string;
  readonly #root: AdminKeyId;
  readonly #admins = new Map<AdminKeyId, AdminAdded>();
  readonly #removals = new Map<NodeId, MemberRemoved>();
  #pending: (AdminAdded | MemberRemoved)[] = [];

  constructor({ cluster, root, admins, removals }: AdminsOptions) {
    this.#cluster = cluster;
    this.#root = root;
    // As they were learned: all that was said before the removals counts.
    for (const fact of [...admins, ...removals]) this.learn(fact);
  }

  admins(): readonly AdminAdded[] {
    return [...this.#admins.values()];
  }

  removals(): readonly MemberRemoved[] {
    return [...this.#removals.values()];
  }

  removal(node: NodeId): MemberRemoved | undefined {
    return this.#removals.get(node);
  }

  isKnown(key: AdminKeyId): boolean {
    return key === this.#root || this.#admins.has(key);
  }

  /** The removed machine whose key this is; undefined for a key that may still speak. */
  removedHolder(key: AdminKeyId): NodeId | undefined {
    const name = this.#admins.get(key)?.name;
    return name !== undefined && name !== 'recovery' && this.#removals.has(name) ? name : undefined;
  }

  /** Of keys that may speak, who holds one; `recovery` is nobody. */
  holders(): readonly NodeId[] {
    return this.admins().flatMap(({ key, name }) => (name === 'recovery' || this.removedHolder(key) !== undefined ? [] : [name]));
  }

  /** Who got an admin key by the word of this machine, and has one still. */
  givenBy(node: NodeId): readonly NodeId[] {
    const isIts = ({ key, name, signedBy }: AdminAdded): boolean =>
      name !== node && name !== 'recovery' && this.removedHolder(key) === undefined && this.#admins.get(signedBy)?.name === node;
    return this.admins().flatMap((admin) => (isIts(admin) ? [admin.name] : []));
  }

  /** What leads from the root to this key, for somebody who knows the root alone. */
  chainTo(key: AdminKeyId): readonly AdminAdded[] {
    const chain: AdminAdded[] = [];
    for (let fact = this.#admins.get(key); fact !== undefined && !chain.includes(fact); fact = this.#admins.get(fact.signedBy)) chain.unshift(fact);
    return chain;
  }

  /** Returns what has become known by it, this fact or others that waited for it; nothing where it is known, forged or not for this node to judge yet. */
  learn(fact: AdminAdded | MemberRemoved): readonly (AdminAdded | MemberRemoved)[] {
    if (this.#has(fact) || !isGenuine(this.#cluster, fact)) return [];
    if (!this.#take(fact)) {
      const isNew = !this.#pending.some((other) => other.signature === fact.signature);
      if (isNew && !this.isKnown(fact.signedBy)) this.#pending = [...this.#pending.slice(1 - mostPending), fact];
      return [];
    }
    const learned = [fact];
    const waiting = this.#pending;
    this.#pending = [];
    if (fact.type === 'admin-added') for (const other of waiting) learned.push(...this.learn(other));
    else this.#pending = waiting;
    return learned;
  }

  /** It has been learned, or says again what has been. */
  counts(fact: AdminAdded | MemberRemoved): boolean {
    return this.#has(fact) && this.isKnown(fact.signedBy) && isGenuine(this.#cluster, fact);
  }

  #has(fact: AdminAdded | MemberRemoved): boolean {
    return fact.type === 'admin-added' ? this.#admins.has(fact.key) : this.#removals.has(fact.node);
  }

  #take(fact: AdminAdded | MemberRemoved): boolean {
    if (!this.isKnown(fact.signedBy) || this.removedHolder(fact.signedBy) !== undefined) return false;
    if (fact.type === 'member-removed') this.#removals.set(fact.node, fact);
    else if (this.#admins.size < mostAdmins && this.#mayBeNamed(fact)) this.#admins.set(fact.key, fact);
    else return false;
    return true;
  }

  /** No removal voids a key named so: there is the founder's, and the first is it. */
  #mayBeNamed({ name, signedBy }: AdminAdded): boolean {
    return name !== 'recovery' || (signedBy === this.#root && !this.admins().some((other) => other.name === 'recovery'));
  }
}
