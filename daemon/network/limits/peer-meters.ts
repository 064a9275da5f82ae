/**
 * What each peer said of late, against the limits of each protocol. Over a limit the sender gets no more room on its stream until the debt is
 * paid (`owedMs`); one that goes on all the same, or sends so many small frames that the stream holds them, has them dropped, and is cut when
 * that lasts. A meter outlives its connection, or to connect anew would clear it.
 */
import type { NodeId } from '../../../src/model/job.ts';
import type { Clock } from '../../clock.ts';
import { TokenBucket } from '../../wire/token-bucket.ts';
import { limitsOf, type ProtocolLimits } from './protocol-limits.ts';

export type Passage = 'pass' | 'drop' | 'cut';

/** Dropping goes on for so long, or so often, before the peer is cut. */
const dropMs = 2_000;
const mostDropped = 1_000;
/** Meters beyond this make room by forgetting those that stand as new. */
const mostMeters = 4_096;

interface Meter {
  readonly limits: ProtocolLimits;
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
  requests: number;
  dropped: number;
  /** When the dropping began. */
  since: number;
}

export class PeerMeters {
  readonly #clock: Clock;
  readonly #limits: (protocol: string) => ProtocolLimits;
  readonly #meters = new Map<NodeId, Map<string, Meter>>();
  #dropped = 0;

  constructor(needs: { readonly clock: Clock }, limits: (protocol: string) => ProtocolLimits = limitsOf) {
    this.#clock = needs.clock;
    this.#limits = limits;
  }

  /** Frames that were dropped, of all peers. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Counts a frame that was not asked for, of so many bytes. */
  take(peer: NodeId, protocol: string, bytes: number): Passage {
    const now = this.#clock.now();
    const meter = this.#meter(peer, protocol, now);
    const { limits } = meter;
    const messagesLeft = meter.messages.take(1, now);
    const bytesLeft = meter.bytes.take(bytes, now);
    if (messagesLeft >= 0 && bytesLeft >= 0) {
      meter.dropped = 0;
      return 'pass';
    }
    if (messagesLeft >= -limits.messages.burst && bytesLeft >= -limits.bytes.burst) return 'pass';
    meter.messages.giveBack(1);
    meter.bytes.giveBack(bytes);
    if (meter.dropped === 0) meter.since = now;
    meter.dropped += 1;
    this.#dropped += 1;
    return meter.dropped > mostDropped || now - meter.since > dropMs ? 'cut' : 'drop';
  }

  /** Milliseconds for which the peer shall get no more room on this protocol's stream. */
  owedMs(peer: NodeId, protocol: string): number {
    const meter = this.#meters.get(peer)?.get(protocol);
    if (meter === undefined) return 0;
    const now = this.#clock.now();
    return Math.max(meter.messages.owedMs(now), meter.bytes.owedMs(now));
  }

  /** False when the peer has as many requests at work as it may; otherwise call `answered` once. */
  begin(peer: NodeId, protocol: string): boolean {
    const meter = this.#meter(peer, protocol, this.#clock.now());
    if (meter.requests >= meter.limits.requests) return false;
    meter.requests += 1;
    return true;
  }

  answered(peer: NodeId, protocol: string): void {
    const meter = this.#meters.get(peer)?.get(protocol);
    if (meter !== undefined) meter.requests -= 1;
  }

  #meter(peer: NodeId, protocol: string, now: number): Meter {
    const meters = this.#meters.get(peer) ?? this.#enter(peer, now);
    const known = meters.get(protocol);
    if (known !== undefined) return known;
    const limits = this.#limits(protocol);
    const meter = {
      ...{ limits, requests: 0, dropped: 0, since: now },
      ...{ messages: new TokenBucket(limits.messages, now), bytes: new TokenBucket(limits.bytes, now) },
    };
    meters.set(protocol, meter);
    return meter;
  }

  #enter(peer: NodeId, now: number): Map<string, Meter> {
    if (this.#meters.size >= mostMeters) {
      const isNew = ({ requests, messages, bytes }: Meter): boolean => requests === 0 && messages.isFull(now) && bytes.isFull(now);
      for (const [known, meters] of this.#meters) if ([...meters.values()].every(isNew)) this.#meters.delete(known);
    }
    const meters = new Map<string, Meter>();
    this.#meters.set(peer, meters);
    return meters;
  }
}
