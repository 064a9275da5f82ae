/** What this node sends to one peer: a lane for each protocol, and which protocols the peer does not know. */
import { type Frame, frameTypes } from '../wire/frame.ts';
import type { Stream } from './libp2p-types.ts';
import { OutboundLane } from './outbound-lane.ts';
import { refusalBody } from './refusal.ts';

export interface OutboundLanesNeeds {
  open(protocol: string): Promise<Stream>;
  /** As if the peer had said it: the refusal of a request that its version does not know. */
  answered(protocol: string, refusal: Frame): void;
  /** A lane broke for another reason. */
  failed(error: Error): void;
}

export class OutboundLanes {
  readonly #needs: OutboundLanesNeeds;
  readonly #lanes = new Map<string, OutboundLane>();
  /** Protocols that the peer's version does not have: to ask anew costs a stream and a round trip each time. */
  readonly #unsupported = new Set<string>();

  constructor(needs: OutboundLanesNeeds) {
    this.#needs = needs;
  }

  /** Bytes that the peer has not taken yet. */
  get waitingBytes(): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.waitingBytes, 0);
  }

  push(protocol: string, frame: Frame): void {
    if (this.#unsupported.has(protocol)) queueMicrotask(() => this.#refuse(protocol, [frame]));
    else this.#lane(protocol).push(frame);
  }

  /** The peer speaks it after all. */
  knows(protocol: string): void {
    this.#unsupported.delete(protocol);
  }

  /** Resolves once all that was pushed is on its way. */
  async flushed(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.flushed()));
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
  }

  #lane(protocol: string): OutboundLane {
    const known = this.#lanes.get(protocol);
    if (known !== undefined) return known;
    const lane = new OutboundLane({
      open: () => this.#needs.open(protocol),
      failed: (error, unsent) => this.#failed(protocol, error, unsent),
    });
    this.#lanes.set(protocol, lane);
    return lane;
  }

  /** A peer that does not know the protocol refuses its requests and ignores its messages; any other failure ends the connection. */
  #failed(protocol: string, error: Error, unsent: readonly Frame[]): void {
    this.#lanes.delete(protocol);
    if (error.name !== 'UnsupportedProtocolError') {
      this.#needs.failed(error);
      return;
    }
    this.#unsupported.add(protocol);
    this.#refuse(protocol, unsent);
  }

  #refuse(protocol: string, unsent: readonly Frame[]): void {
    const body = refusalBody(`${protocol} is not served there`, true);
    for (const { type, id } of unsent) if (type === frameTypes.request) this.#needs.answered(protocol, { type: frameTypes.refusal, id, body });
  }
}
