/** One node's Messenger in a memory network. */
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { Startable } from '../startable.ts';
import type { Frame } from '../wire/frame.ts';
import type { Messenger, Protocol, Service } from '../wire/messenger.ts';
import { Exchange } from './exchange.ts';

export type PeerEvent = { readonly type: 'connected' | 'disconnected'; readonly peer: NodeId };

/** One established connection, as its two ends hold it. */
export interface MemoryConnection {
  /** False when it is known to be broken. */
  transmit(from: MemoryNode, protocol: string, frame: Frame): boolean;
}

export interface MemoryNodeNeeds {
  readonly clock: Clock;
  started(node: MemoryNode): void;
  stopped(node: MemoryNode): void;
  violated(node: MemoryNode, peer: NodeId, reason: Error): void;
  unknown(peer: NodeId, protocol: string, word: string): void;
  overLimits(peer: NodeId, protocol: string): void;
}

export class MemoryNode implements Messenger, Startable {
  readonly self: NodeId;
  readonly cluster: string;
  readonly #needs: MemoryNodeNeeds;
  readonly #exchange: Exchange;
  readonly #connections = new Map<NodeId, MemoryConnection>();
  readonly #listeners: ((event: PeerEvent) => void)[] = [];
  #state: 'new' | 'running' | 'over' = 'new';

  constructor(options: { readonly self: NodeId; readonly cluster: string }, needs: MemoryNodeNeeds) {
    this.self = options.self;
    this.cluster = options.cluster;
    this.#needs = needs;
    this.#exchange = new Exchange({
      clock: needs.clock,
      transmit: (to, protocol, frame) => this.#connections.get(to)?.transmit(this, protocol, frame) ?? false,
      violated: (peer, reason) => needs.violated(this, peer, reason),
      unknown: needs.unknown,
      overLimits: needs.overLimits,
    });
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  async start(): Promise<void> {
    this.#state = 'running';
    this.#needs.started(this);
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    this.#state = 'over';
    this.#needs.stopped(this);
    for (const peer of this.#connections.keys()) this.#exchange.closed(peer);
    this.#connections.clear();
  }

  /** The process dies: nothing waiting is settled and no listener hears of it. Peers see what a killed process looks like. */
  crash(): void {
    if (!this.running) return;
    this.#state = 'over';
    this.#exchange.abandon();
    this.#connections.clear();
    this.#needs.stopped(this);
  }

  connected(): readonly NodeId[] {
    return [...this.#connections.keys()];
  }

  send<M, Q, R>(to: NodeId, protocol: Protocol<M, Q, R>, message: M): void {
    this.#exchange.send(to, protocol, message);
  }

  request<M, Q, R>(to: NodeId, protocol: Protocol<M, Q, R>, request: Q, timeoutMs: number): Promise<R> {
    return this.#exchange.request(to, protocol, request, timeoutMs);
  }

  serve<M, Q, R>(protocol: Protocol<M, Q, R>, service: Service<M, Q, R>): void {
    if (this.#state !== 'new') throw new SupervmError('internal', `${protocol.id} is served after the network started`);
    this.#exchange.serve(protocol, service);
  }

  onPeer(listener: (event: PeerEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** For the link: this end of a new connection. One that replaces another fails what waited for the old one. */
  attach(peer: NodeId, connection: MemoryConnection): void {
    this.broken(peer);
    this.#connections.set(peer, connection);
    this.#emit({ type: 'connected', peer });
  }

  /** For the link: the connection is lost, the next one is being tried. */
  broken(peer: NodeId): void {
    if (this.#connections.has(peer)) this.#exchange.closed(peer);
  }

  /** For the link: this end is closed for good. */
  detach(peer: NodeId, connection: MemoryConnection): boolean {
    if (this.#connections.get(peer) !== connection) return false;
    this.#connections.delete(peer);
    this.#exchange.closed(peer);
    this.#emit({ type: 'disconnected', peer });
    return true;
  }

  /** For the link. */
  receive(from: NodeId, connection: MemoryConnection, protocol: string, frame: Frame): void {
    if (this.running && this.#connections.get(from) === connection) this.#exchange.receive(from, protocol, frame);
  }

  #emit(event: PeerEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
