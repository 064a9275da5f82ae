/** Which directions between nodes are blocked, and for how many reasons: a link opens when the last reason is gone. */
import type { MemoryNetwork } from '../../daemon/network/memory-network.ts';
import type { NodeId } from '../../src/model/job.ts';

export class Links {
  readonly #network: MemoryNetwork;
  readonly #reasons = new Map<string, number>();

  constructor(network: MemoryNetwork) {
    this.#network = network;
  }

  block(from: NodeId, to: NodeId): void {
    const count = this.#reasons.get(`${from} ${to}`) ?? 0;
    this.#reasons.set(`${from} ${to}`, count + 1);
    if (count === 0) this.#network.block(from, to);
  }

  unblock(from: NodeId, to: NodeId): void {
    const count = this.#reasons.get(`${from} ${to}`) ?? 0;
    this.#reasons.set(`${from} ${to}`, count - 1);
    if (count === 1) this.#network.unblock(from, to);
  }

  /** Can `from` be heard by `to`? */
  isOpen(from: NodeId, to: NodeId): boolean {
    return (this.#reasons.get(`${from} ${to}`) ?? 0) === 0;
  }
}
