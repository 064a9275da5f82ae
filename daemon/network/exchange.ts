/**
 * One node's messages, requests and replies over any carrier of frames: what the libp2p network and the memory network
 * share. The carrier says which peers are connected, transmits frames in order and calls `receive` and `closed`.
 */
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { Clock, Timer } from '../clock.ts';
import { decodeBody, encodeBody } from '../wire/codec.ts';
import { type Frame, frameSize, frameTypes } from '../wire/frame.ts';
import type { Protocol, Schema, Service } from '../wire/messenger.ts';
import { maximumFrameBytes } from '../wire/protocols.ts';
import { type BodyReading, readBody } from '../wire/read-body.ts';
import { PeerMeters } from './limits/peer-meters.ts';
import { notKnown, reasonOf, refusalBody } from './refusal.ts';

export interface ExchangeNeeds {
  readonly clock: Clock;
  /** False when the peer is not connected; the frame is dropped then. */
  transmit(to: NodeId, protocol: string, frame: Frame): boolean;
  /** The peer broke the protocol, or a service threw on its message: the carrier cuts it. */
  violated(peer: NodeId, reason: Error): void;
  /** The peer said what only another version knows: `word`, in a message, a request or a reply. What this throws is a violation. */
  unknown(peer: NodeId, protocol: string, word: string): void;
  /** May the peer, by the role that its certificate gives it, say this? What it may not is dropped, or refused where it is a request. Default: all. */
  permits?(peer: NodeId, protocol: string, frame: Frame, body: unknown): boolean;
  /** What the peer says beyond its limits is dropped, or refused where it is a request. What this throws is a violation. */
  overLimits?(peer: NodeId, protocol: string): void;
}

interface Pending {
  readonly peer: NodeId;
  readonly protocol: string;
  readonly timer: Timer;
  readonly reply: Schema<unknown>;
  resolve(reply: unknown): void;
  reject(error: Error): void;
}

interface Served {
  readonly protocol: Protocol<unknown, unknown, unknown>;
  readonly service: Service<unknown, unknown, unknown>;
}

export class Exchange {
  readonly #needs: ExchangeNeeds;
  readonly #served = new Map<string, Served>();
  readonly #pending = new Map<number, Pending>();
  /** What the peers said of late. */
  readonly meters: PeerMeters;
  /** How many connections to each peer have closed. */
  readonly #closures = new Map<NodeId, number>();
  #lastId = 0;

  constructor(needs: ExchangeNeeds) {
    this.#needs = needs;
    this.meters = new PeerMeters(needs);
  }

  protocols(): Protocol<unknown, unknown, unknown>[] {
    return [...this.#served.values()].map((served) => served.protocol);
  }

  serve<M, Q, R>(protocol: Protocol<M, Q, R>, service: Service<M, Q, R>): void {
    if (this.#served.has(protocol.id)) throw new SupervmError('internal', `the protocol ${protocol.id} is served twice`);
    this.#served.set(protocol.id, { protocol, service: service as Service<unknown, unknown, unknown> });
  }

  send<M, Q, R>(to: NodeId, protocol: Protocol<M, Q, R>, message: M): void {
    this.#needs.transmit(to, protocol.id, frameOf(protocol, frameTypes.message, 0, message));
  }

  async request<M, Q, R>(to: NodeId, protocol: Protocol<M, Q, R>, request: Q, timeoutMs: number): Promise<R> {
    const id = this.#nextId();
    const frame = frameOf(protocol, frameTypes.request, id, request);
    if (!this.#needs.transmit(to, protocol.id, frame)) throw unreachable(to, 'it is not connected');
    return new Promise<R>((resolve, reject) => {
      const timer = this.#needs.clock.after(timeoutMs, () => {
        this.#pending.delete(id);
        reject(unreachable(to, `it did not answer ${protocol.id} in ${timeoutMs} ms`));
      });
      this.#pending.set(id, { peer: to, protocol: protocol.id, timer, reply: protocol.reply, resolve: (reply) => resolve(reply as R), reject });
    });
  }

  receive(from: NodeId, protocol: string, frame: Frame): void {
    try {
      const asked = frame.type === frameTypes.reply || frame.type === frameTypes.refusal ? this.#waiting(from, protocol, frame) : undefined;
      if (asked !== undefined) this.#reply(from, protocol, frame, asked);
      else if (!this.#passes(from, protocol, frame)) this.#drop(from, protocol, frame);
      else if (frame.type === frameTypes.message) this.#message(from, protocol, frame);
      else if (frame.type === frameTypes.request) this.#request(from, protocol, frame);
    } catch (error) {
      this.#needs.violated(from, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Fails what waits for the peer; what it asked over that connection is answered to nobody. */
  closed(peer: NodeId): void {
    this.#closures.set(peer, this.#closuresOf(peer) + 1);
    for (const [id, pending] of this.#pending) {
      if (pending.peer === peer) this.#settle(id, pending).reject(unreachable(peer, 'the connection closed'));
    }
  }

  /** Forgets what waits without settling it: the process died and none of its code may run on. Only the memory network can do this. */
  abandon(): void {
    for (const [id, pending] of this.#pending) this.#settle(id, pending);
  }

  /** Throws when it goes on and on. */
  #passes(from: NodeId, protocol: string, frame: Frame): boolean {
    const passage = this.meters.take(from, protocol, frameSize(frame));
    if (passage === 'cut') throw new RangeError(`it says more on ${protocol} than any node has to`);
    return passage === 'pass';
  }

  #drop(from: NodeId, protocol: string, frame: Frame): void {
    this.#needs.overLimits?.(from, protocol);
    if (frame.type === frameTypes.request) this.#refuse(from, protocol, frame.id, 'too much at once');
  }

  #message(from: NodeId, protocol: string, frame: Frame): void {
    const served = this.#served.get(protocol);
    if (served?.service.onMessage === undefined) return;
    const said = decodeBody(frame.body);
    if (!this.#permits(from, protocol, frame, said)) return;
    const message = this.#read(from, protocol, served.protocol.message, said);
    if (message.kind === 'known') served.service.onMessage(from, message.body);
  }

  #request(from: NodeId, protocol: string, frame: Frame): void {
    const served = this.#served.get(protocol);
    if (served?.service.onRequest === undefined) {
      this.#refuse(from, protocol, frame.id, `${protocol} is not served there`, true);
      return;
    }
    const asked = decodeBody(frame.body);
    if (!this.#permits(from, protocol, frame, asked)) {
      this.#refuse(from, protocol, frame.id, 'a machine that is a worker may not ask for this');
      return;
    }
    const request = this.#read(from, protocol, served.protocol.request, asked);
    if (request.kind === 'unknown') {
      this.#refuse(from, protocol, frame.id, `${protocol} has no "${request.word}" there`, true);
      return;
    }
    if (!this.meters.begin(from, protocol)) {
      this.#refuse(from, protocol, frame.id, 'too many requests at once');
      return;
    }
    this.#answer(from, served, frame.id, request.body).finally(() => this.meters.answered(from, protocol));
  }

  /** Only over the connection that asked: another process of the peer, started meanwhile, gives its own requests the same numbers. */
  async #answer(from: NodeId, served: Served, id: number, request: unknown): Promise<void> {
    const closures = this.#closuresOf(from);
    const isWaiting = (): boolean => this.#closuresOf(from) === closures;
    try {
      const reply = await served.service.onRequest?.(from, request);
      if (isWaiting()) this.#needs.transmit(from, served.protocol.id, frameOf(served.protocol, frameTypes.reply, id, reply));
    } catch (error) {
      const body = refusalBody(error instanceof Error ? error.message : String(error), false, error);
      if (isWaiting()) this.#needs.transmit(from, served.protocol.id, { type: frameTypes.refusal, id, body });
    }
  }

  #refuse(to: NodeId, protocol: string, id: number, message: string, isUnknown = false): void {
    this.#needs.transmit(to, protocol, { type: frameTypes.refusal, id, body: refusalBody(message, isUnknown) });
  }

  /** Undefined for a reply after its time-out, or a second one. */
  #waiting(from: NodeId, protocol: string, { id }: Frame): Pending | undefined {
    const pending = this.#pending.get(id);
    return pending?.peer === from && pending.protocol === protocol ? pending : undefined;
  }

  #reply(from: NodeId, protocol: string, frame: Frame, pending: Pending): void {
    this.#settle(frame.id, pending);
    try {
      const body = decodeBody(frame.body);
      if (frame.type === frameTypes.refusal) {
        pending.reject(reasonOf(body));
        return;
      }
      if (!this.#permits(from, protocol, frame, body)) {
        pending.reject(new SupervmError('peer-refused', 'a machine that is a worker may not answer this'));
        return;
      }
      const reply = this.#read(from, protocol, pending.reply, body);
      if (reply.kind === 'known') pending.resolve(reply.body);
      else pending.reject(notKnown(`the answer "${reply.word}" of ${protocol} is not known here`));
    } catch (error) {
      pending.reject(unreachable(from, 'its reply cannot be read', { cause: error }));
      throw error;
    }
  }

  #permits(from: NodeId, protocol: string, frame: Frame, body: unknown): boolean {
    return this.#needs.permits?.(from, protocol, frame, body) !== false;
  }

  /** Throws on what no version says. */
  #read<T>(from: NodeId, protocol: string, schema: Schema<T>, body: unknown): BodyReading<T> {
    const reading = readBody(schema, body);
    const word = reading.kind === 'known' ? reading.dropped : reading.word;
    if (word !== undefined) this.#needs.unknown(from, protocol, word);
    return reading;
  }

  #closuresOf(peer: NodeId): number {
    return this.#closures.get(peer) ?? 0;
  }

  #settle(id: number, pending: Pending): Pending {
    this.#pending.delete(id);
    pending.timer.cancel();
    return pending;
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#pending.has(this.#lastId));
    return this.#lastId;
  }
}

function frameOf(protocol: { readonly id: string; readonly maximumBytes: number }, type: number, id: number, body: unknown): Frame {
  const frame: Frame = { type, id, body: encodeBody(body) };
  const limit = Math.min(protocol.maximumBytes, maximumFrameBytes);
  if (frameSize(frame) > limit) throw new SupervmError('internal', `a frame of ${frameSize(frame)} bytes is over the limit of ${limit} of ${protocol.id}`);
  return frame;
}

function unreachable(peer: NodeId, reason: string, options?: ErrorOptions): SupervmError {
  return new SupervmError('peer-unreachable', `the node ${peer} cannot be reached: ${reason}`, '', options);
}
