/** The one place that talks to libp2p: listens, dials, and makes a PeerLink of every connection. */
import { multiaddr } from '@multiformats/multiaddr';
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId } from '../../src/model/job.ts';
import { maximumFrameBytes } from '../wire/protocols.ts';
import { type Address, formatAddress, multiaddrTexts, parseAddress } from './addresses.ts';
import type { Prologue } from './cluster-key.ts';
import { helloProtocol } from './hello.ts';
import { createLibp2pNode, listeningPort, takePrologues } from './libp2p-node.ts';
import type { Connection, Libp2p, Stream } from './libp2p-types.ts';
import { gateLimits, StrangerGate } from './limits/stranger-gate.ts';
import type { NodeKey } from './node-key.ts';
import { PeerLink, type PeerLinkNeeds } from './peer-link.ts';
import { countStreams, type StreamCounts } from './stream-counts.ts';

export interface ListenOptions {
  /** Default: every IPv4 interface. */
  readonly host?: string;
  /** Default: 0, any. */
  readonly port?: number;
  /** The port was only remembered: it gives way when another program has it. */
  readonly prefer?: boolean;
}

export interface CarrierOptions {
  readonly nodeKey: NodeKey;
  readonly prologues: readonly Prologue[];
  /** Of this process. */
  readonly life: string;
  readonly listen: ListenOptions;
}

export interface CarrierNeeds extends PeerLinkNeeds {
  isBanned(peer: NodeId): boolean;
  /** A new connection; false when it shall be dropped. */
  opened(link: PeerLink): boolean;
}

export class Libp2pCarrier {
  readonly #options: CarrierOptions;
  readonly #needs: CarrierNeeds;
  readonly #links = new WeakMap<Connection, PeerLink>();
  readonly #handled = new Set<string>();
  readonly #gate: StrangerGate;
  readonly #linkNeeds: PeerLinkNeeds;
  /** Where this very process answered, as libp2p writes addresses and as they were given. */
  readonly #ownLife = new Set<string>();
  #node: Libp2p | undefined;

  constructor(options: CarrierOptions, needs: CarrierNeeds) {
    this.#options = options;
    this.#needs = needs;
    this.#gate = new StrangerGate(gateLimits, needs);
    const admitted = (link: PeerLink): void => {
      const [, , host = '', , port = ''] = link.remoteAddress.split('/');
      if (!link.dialled) this.#gate.admitted(host, Number(port));
      needs.admitted(link);
    };
    this.#linkNeeds = { ...needs, admitted };
  }

  /** Resolves with the port. Throws `usage` when this node cannot listen as told. */
  async start(protocols: readonly { readonly id: string; readonly maximumBytes: number }[]): Promise<number> {
    const { host = '0.0.0.0', port = 0, prefer = false } = this.#options.listen;
    try {
      return await this.#listen({ host, port }, protocols);
    } catch (cause) {
      if (port !== 0 && prefer) return this.#listen({ host, port: 0 }, protocols);
      const hint = port === 0 ? 'Choose another address with --listen.' : 'Another program may use the port; choose another with --listen.';
      throw new SupervmError('usage', `cannot listen on ${formatAddress({ host, port })}`, hint, { cause });
    }
  }

  /** What stands now, hellos under way included, and the strangers among it; and how many were sent away. */
  counts(): { readonly connections: number } & StreamCounts & ReturnType<StrangerGate['counts']> {
    const connections = this.#node?.getConnections() ?? [];
    return { connections: connections.length, ...countStreams(connections), ...this.#gate.counts() };
  }

  /** Handshakes from now on. */
  takePrologues(prologues: readonly Prologue[]): void {
    if (this.#node !== undefined) takePrologues(this.#node, { prologues, life: this.#options.life, metOwnLife: (met) => this.#metOwnLife(met) });
  }

  async stop(): Promise<void> {
    await this.#node?.stop();
  }

  /** A protocol that this node only asks on needs a way in too, for the replies. */
  handle(protocol: string, maximumBytes = maximumFrameBytes): void {
    if (this.#node === undefined || this.#handled.has(protocol)) return;
    this.#handled.add(protocol);
    const accept = (stream: Stream, connection: Connection) => this.#links.get(connection)?.accept(stream, protocol, maximumBytes);
    // Its promise is about libp2p's book of peers, which lives in memory; the handler itself stands at once.
    void this.#node.handle(protocol, accept, { maxInboundStreams: 2 });
  }

  /**
   * Resolves with who is there when a connection stands, rejects when none of the addresses leads to one. Without a node
   * whoever answers is taken, this node itself (or a copy of it) included, to which no connection is kept.
   */
  async dial(addresses: readonly string[], node?: NodeId): Promise<NodeId> {
    const suffix = node === undefined ? '' : `/p2p/${node}`;
    const found = await Promise.allSettled(addresses.map((address) => multiaddrTexts(parseAddress(address))));
    const texts = found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    if (this.#node === undefined || texts.length === 0) throw new SupervmError('peer-unreachable', `no address of ${addresses.join(', ')} can be looked up`);
    try {
      const connection = await this.#node.dial(texts.map((text) => multiaddr(text + suffix)));
      return connection.remotePeer.toString();
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'InvalidPeerIdError') throw error;
      if (texts.some((text) => this.#ownLife.has(text))) for (const address of addresses) this.#ownLife.add(address);
      return this.#options.nodeKey.id;
    }
  }

  /** After a dial: whoever answered at this address is this process, not a copy of its key. */
  isOwnLife(address: string): boolean {
    return this.#ownLife.has(address);
  }

  async #listen(address: Address, protocols: readonly { readonly id: string; readonly maximumBytes: number }[]): Promise<number> {
    const [listen = ''] = await multiaddrTexts(address);
    const { nodeKey, prologues, life } = this.#options;
    const node = await createLibp2pNode({
      ...{ nodeKey, prologues, life, listen },
      isBanned: (peer) => this.#needs.isBanned(peer),
      enters: (socket) => this.#gate.enters(socket),
      metOwnLife: (met) => this.#metOwnLife(met),
    });
    this.#node = node;
    this.#handled.clear();
    node.addEventListener('connection:open', (event) => this.#opened(event.detail));
    void node.handle(helloProtocol, (stream: Stream, connection: Connection) => this.#links.get(connection)?.answer(stream), { maxInboundStreams: 1 });
    for (const protocol of protocols) this.handle(protocol.id, protocol.maximumBytes);
    await node.start();
    return listeningPort(node);
  }

  #metOwnLife(met: string): void {
    this.#ownLife.add(met.split('/p2p/')[0] ?? met);
  }

  #opened(connection: Connection): void {
    const link = new PeerLink({ connection }, this.#linkNeeds);
    this.#links.set(connection, link);
    if (!this.#needs.opened(link)) link.drop();
    else if (link.dialled) void link.greet();
  }
}
