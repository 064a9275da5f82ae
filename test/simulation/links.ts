/** Which directions between nodes are blocked, and for how many reasons: a link opens when the last reason is gone. */
import type { MemoryNetwork } from '../../daemon/network/memory-network.ts';
import type { NodeId } from '../../src/model/job.ts';

export class Links {
  readonly #network: MemoryNetwork;
  readonly #reasons = new Map<string, { readonly from: NodeId; readonly to: NodeId; count: number }>();
  #isOver = false;

  constructor(network: MemoryNetwork) {
    this.#network = network;
  }

  /** One reason more, or one less, why `to` does not hear `from`. */
  turn(from: NodeId, to: NodeId, blocked: boolean): void {
    if (this.#isOver) return;
    const key = `${from} ${to}`;
    const reasons = this.#reasons.get(key) ?? { from, to, count: 0 };
    this.#reasons.set(key, reasons);
    reasons.count += blocked ? 1 : -1;
    if (blocked && reasons.count === 1) this.#network.block(from, to);
    if (!blocked && reasons.count === 0) this.#network.unblock(from, to);
  }

  /** Whatever the reasons; and none comes any more. */
  openAll(): void {
    this.#isOver = true;
    for (const { from, to, count } of this.#reasons.values()) if (count > 0) this.#network.unblock(from, to);
  }
}
