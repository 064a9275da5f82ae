/** The wire between two nodes of a memory network: one connection at a time, frames in order, blocked or open in each direction. */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock, Randomness, Timer } from '../clock.ts';
import { type Frame, frameTypes } from '../wire/frame.ts';
import type { MemoryCounts, MemoryFaults } from './memory-faults.ts';
import type { MemoryConnection, MemoryNode } from './memory-node.ts';

export interface MemoryLinkNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly counts: MemoryCounts;
  faults(): MemoryFaults;
  /** The node as it runs now; undefined while it does not. */
  running(id: NodeId): MemoryNode | undefined;
}

interface Lane {
  readonly to: MemoryNode;
  readonly from: NodeId;
  /** In the order sent. */
  readonly frames: { readonly protocol: string; readonly frame: Frame }[];
  /** When the newest frame arrives: nothing sent later arrives earlier. */
  lastAt: number;
  /** Frames whose time came while the direction was blocked. */
  stalled: number;
}

interface Live extends MemoryConnection {
  /** The lane out of each end. */
  readonly lanes: ReadonlyMap<MemoryNode, Lane>;
  broken: boolean;
}

export class MemoryLink {
  readonly #ends: readonly [NodeId, NodeId];
  readonly #needs: MemoryLinkNeeds;
  readonly #blocked = new Set<NodeId>();
  #live: Live | undefined;
  #dialling: Timer | undefined;
  #breaking: Timer | undefined;

  constructor(options: { readonly ends: readonly [NodeId, NodeId] }, needs: MemoryLinkNeeds) {
    this.#ends = options.ends;
    this.#needs = needs;
  }

  /** Dials unless a working connection is there or under way. */
  connect(afterMs = 0): void {
    if (this.#dialling !== undefined || this.#isWhole()) return;
    this.#dialling = this.#needs.clock.after(afterMs + 2 * this.#latency(...this.#ends), () => {
      this.#dialling = undefined;
      const [left, right] = this.#ends.map(this.#needs.running);
      if (left !== undefined && right !== undefined && this.#blocked.size === 0 && left.cluster === right.cluster) this.#establish(left, right);
      else if (this.#live?.broken === true) this.close();
    });
  }

  /** The connection breaks, all in flight is lost; a new one is tried at once, and only if that fails do the ends hear `disconnected`. */
  reset(): void {
    if (this.#live === undefined || this.#live.broken) return;
    this.#needs.counts.resets += 1;
    this.#live.broken = true;
    for (const lane of this.#live.lanes.values()) lane.to.broken(lane.from);
    this.connect();
  }

  /** Both ends hear `disconnected` now; redialled after a pause. */
  close(): void {
    const live = this.#live;
    if (live === undefined) return;
    this.#live = undefined;
    live.broken = true;
    this.#breaking?.cancel();
    this.#breaking = undefined;
    this.#needs.counts.closed += 1;
    for (const lane of live.lanes.values()) if (lane.to.running) lane.to.detach(lane.from, live);
    this.connect(this.#needs.faults().redialMs ?? 1000);
  }

  /** Holds back what `from` sends; the connection closes if that lasts. */
  block(from: NodeId): void {
    this.#blocked.add(from);
    if (this.#live === undefined || this.#breaking !== undefined) return;
    this.#breaking = this.#needs.clock.after(this.#needs.faults().breakAfterMs ?? 13_000, () => {
      this.#breaking = undefined;
      this.close();
    });
  }

  unblock(from: NodeId): void {
    if (!this.#blocked.delete(from)) return;
    for (const lane of this.#live?.lanes.values() ?? []) {
      const stalled = lane.from === from ? lane.stalled : 0;
      lane.stalled -= stalled;
      for (let frame = 0; frame < stalled; frame += 1) this.#schedule(lane);
    }
    if (this.#blocked.size > 0) return;
    this.#breaking?.cancel();
    this.#breaking = undefined;
    this.ended();
    this.connect();
  }

  /** One end stopped or died: the other sees it once the news can travel. */
  ended(): void {
    const live = this.#live;
    if (live === undefined || this.#blocked.size > 0 || this.#isWhole()) return;
    this.#needs.clock.after(this.#latency(...this.#ends), () => {
      if (this.#live === live && this.#blocked.size === 0 && !this.#isWhole()) this.close();
    });
  }

  #isWhole(): boolean {
    const live = this.#live;
    return live !== undefined && !live.broken && [...live.lanes.keys()].every((node) => node.running);
  }

  #establish(left: MemoryNode, right: MemoryNode): void {
    const lane = (from: MemoryNode, to: MemoryNode): [MemoryNode, Lane] => [from, { from: from.self, to, frames: [], lastAt: 0, stalled: 0 }];
    const live: Live = {
      lanes: new Map([lane(left, right), lane(right, left)]),
      broken: false,
      transmit: (from, protocol, frame) => this.#transmit(live, from, protocol, frame),
    };
    if (this.#live !== undefined) this.#live.broken = true;
    this.#live = live;
    left.attach(right.self, live);
    // What the first end does on hearing of it may already have broken the connection.
    if (this.#live === live) right.attach(left.self, live);
  }

  #transmit(live: Live, from: MemoryNode, protocol: string, frame: Frame): boolean {
    const lane = live.lanes.get(from);
    if (live.broken || lane === undefined) return false;
    const { resetFraction = 0, dropFraction = 0, duplicateFraction = 0 } = this.#needs.faults();
    if (this.#happens(resetFraction)) {
      // Not within the caller's turn: a request must be pending before its connection fails.
      this.#needs.clock.after(0, () => this.#live === live && this.reset());
      return true;
    }
    if (this.#happens(dropFraction)) {
      this.#needs.counts.dropped += 1;
      return true;
    }
    this.#queue(lane, protocol, frame);
    if (frame.type === frameTypes.request && this.#happens(duplicateFraction)) {
      this.#needs.counts.duplicated += 1;
      this.#queue(lane, protocol, frame);
    }
    return true;
  }

  #queue(lane: Lane, protocol: string, frame: Frame): void {
    lane.frames.push({ protocol, frame });
    this.#schedule(lane);
  }

  #schedule(lane: Lane): void {
    const now = this.#needs.clock.now();
    lane.lastAt = Math.max(lane.lastAt, now + this.#latency(lane.from, lane.to.self));
    const live = this.#live;
    this.#needs.clock.after(lane.lastAt - now, () => this.#arrive(live, lane));
  }

  #arrive(live: Live | undefined, lane: Lane): void {
    if (live === undefined || live.broken) return;
    if (this.#blocked.has(lane.from)) {
      this.#needs.counts.held += 1;
      lane.stalled += 1;
      return;
    }
    const next = lane.frames.shift();
    if (next === undefined) return;
    this.#needs.counts.delivered += 1;
    lane.to.receive(lane.from, live, next.protocol, next.frame);
  }

  #happens(fraction: number): boolean {
    return fraction > 0 && this.#needs.randomness.fraction() < fraction;
  }

  #latency(from: NodeId, to: NodeId): number {
    return this.#needs.faults().latencyMs?.(from, to) ?? 1;
  }
}
