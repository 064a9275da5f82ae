/** Who may say what of whom: a worker speaks for itself alone, and a machine's role is what its certificate says, not its record. */
import type { NodeId } from '../../src/model/job.ts';
import type { MachineRole, Messenger } from '../wire/messenger.ts';
import type { MemberRecord } from './member-record.ts';

/** Of so many nodes it is remembered what their certificates said. */
const mostRoles = 4096;

export class Credence {
  readonly #messenger: Pick<Messenger, 'roleOf'>;
  /** As their last connection to this node showed. */
  readonly #roles = new Map<NodeId, MachineRole>();

  constructor(needs: { readonly messenger: Pick<Messenger, 'roleOf'> }) {
    this.#messenger = needs.messenger;
  }

  /** Where there are certificates, who shows none counts for a worker: that may do less. */
  isWorker(peer: NodeId): boolean {
    return this.#messenger.roleOf !== undefined && this.#roleOf(peer) !== 'member';
  }

  /** With the role that the certificate gives it, where that is known. */
  certified(record: MemberRecord): MemberRecord {
    const role = this.#roleOf(record.facts.id);
    if (role === undefined || role === (record.facts.role ?? 'member')) return record;
    const { role: _, ...facts } = record.facts;
    return { ...record, facts: role === 'worker' ? { ...facts, role } : facts };
  }

  #roleOf(node: NodeId): MachineRole | undefined {
    const shown = this.#messenger.roleOf?.(node);
    if (shown === undefined) return this.#roles.get(node);
    if (this.#roles.get(node) === shown) return shown;
    this.#roles.delete(node);
    this.#roles.set(node, shown);
    for (const oldest of this.#roles.keys()) if (this.#roles.size > mostRoles) this.#roles.delete(oldest);
    return shown;
  }
}
