/** Spreads news of records: changes of a short time together, to those who do not have them from elsewhere. */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock, Timer } from '../clock.ts';
import type { MemberRecord } from './member-record.ts';

/** Changes of this long are spread together. */
const batchMs = 100;

export interface SpreadNeeds {
  readonly clock: Clock;
  record(origin: NodeId): MemberRecord | undefined;
  peers(): readonly NodeId[];
  send(peer: NodeId, records: readonly MemberRecord[]): void;
}

export class RecordSpread {
  readonly #self: NodeId;
  readonly #needs: SpreadNeeds;
  /** Origins of changed records, and who told us of them. */
  readonly #waiting = new Map<NodeId, NodeId>();
  #batch: Timer | undefined;

  constructor(self: NodeId, needs: SpreadNeeds) {
    this.#self = self;
    this.#needs = needs;
  }

  /** In the next batch. */
  soon(origin: NodeId, source: NodeId): void {
    this.#waiting.set(origin, source);
    this.#batch ??= this.#needs.clock.after(batchMs, () => this.now());
  }

  /** Whatever waits. */
  now(): void {
    const waiting = [...this.#waiting];
    this.stop();
    for (const peer of this.#needs.peers()) {
      const records = waiting.flatMap(([origin, source]) => {
        const record = this.#needs.record(origin);
        return record === undefined || source === peer || this.#hasIt(peer, origin, record) ? [] : [record];
      });
      this.#needs.send(peer, records);
    }
  }

  /** Forgets what waits. */
  stop(): void {
    this.#waiting.clear();
    this.#batch?.cancel();
    this.#batch = undefined;
  }

  /** The origin itself, and whoever its origin reaches, has it first-hand; but a goodbye is the last that is heard of its origin. */
  #hasIt(peer: NodeId, origin: NodeId, record: MemberRecord): boolean {
    return origin === peer || (origin !== this.#self && !record.left && record.sees.includes(peer));
  }
}
