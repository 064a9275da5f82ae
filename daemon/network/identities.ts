/**
 * Two live processes with one node's key: a copied home folder, a cloned disk. Whoever meets both refuses both, for neither can be told
 * from the other, and goes on refusing until one of them has not been seen for a while.
 */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';

/** Both try again at least this often (the dialer's longest pause, with a margin): who has been silent for longer is gone. */
const seenMs = 60_000;
/** More contested identities than this are somebody's play; they are not connected either way. */
const mostContested = 64;

/** One process that speaks for a node. */
export interface Holder {
  /** Drawn at its start. */
  readonly life: string;
  /** The physical machine, by its own word. */
  readonly host: string;
  /** Where it was met, for people. */
  readonly address: string;
}

export class Identities {
  readonly #clock: Clock;
  readonly #contested = new Map<NodeId, Map<string, { readonly holder: Holder; readonly seenAt: number }>>();

  constructor(needs: { readonly clock: Clock }) {
    this.#clock = needs.clock;
  }

  /** Both were heard from in one moment. */
  contest(node: NodeId, one: Holder, other: Holder): void {
    if (!this.#contested.has(node) && this.#contested.size >= mostContested) return;
    const holders = this.#contested.get(node) ?? new Map();
    this.#contested.set(node, holders);
    for (const holder of [one, other]) holders.set(holder.life, { holder, seenAt: this.#clock.now() });
  }

  isContested(node: NodeId): boolean {
    return this.#contested.has(node);
  }

  /** Notes that this holder is there; returns the other one that has been seen of late, if there is one. */
  rivalOf(node: NodeId, holder: Holder): Holder | undefined {
    const holders = this.#contested.get(node);
    if (holders === undefined) return undefined;
    const now = this.#clock.now();
    for (const [life, { seenAt }] of holders) if (now - seenAt > seenMs) holders.delete(life);
    holders.set(holder.life, { holder, seenAt: now });
    const [rival] = [...holders.values()].filter((known) => known.holder.life !== holder.life).sort((a, b) => b.seenAt - a.seenAt);
    if (rival === undefined) this.#contested.delete(node);
    return rival?.holder;
  }
}
