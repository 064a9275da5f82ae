/** libp2p with what this project needs of it and every limit set: its defaults are made for the open internet, ours for a cluster behind one secret. */
import type { Socket } from 'node:net';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import type { NodeId } from '../../src/model/job.ts';
import type { Prologue } from './cluster-key.ts';
import { guardedTcp } from './guarded-tcp.ts';
import { type LeanNoiseOptions, leanNoise } from './lean-noise.ts';
import type { Libp2p, Logger } from './libp2p-types.ts';
import type { NodeKey } from './node-key.ts';

export interface Libp2pNodeOptions extends Pick<LeanNoiseOptions, 'life' | 'metOwnLife'> {
  readonly nodeKey: NodeKey;
  /** Of the secrets that are good, the current one first. */
  readonly prologues: readonly Prologue[];
  /** As libp2p writes it. */
  readonly listen: string;
  /** True for a peer that must not connect now. */
  isBanned(peer: NodeId): boolean;
  /** Whether the handshake may begin with who came; false when the socket was closed already. */
  enters(socket: Socket): boolean;
}

/** libp2p makes a logger of several functions for every connection and stream, some 3 KiB each, to say nothing. */
const silent: Logger = Object.assign(() => undefined, {
  ...{ error: () => undefined, trace: () => undefined, enabled: false },
  newScope: () => silent,
});

export function createLibp2pNode(options: Libp2pNodeOptions): Promise<Libp2p> {
  return createLibp2p({
    start: false,
    logger: { forComponent: () => silent },
    privateKey: options.nodeKey.privateKey,
    addresses: { listen: [options.listen] },
    transports: [guardedTcp({ backlog: 511, dialOpts: { noDelay: true, keepAlive: true }, listenOpts: { noDelay: true, keepAlive: true } }, options.enters)],
    connectionEncrypters: options.prologues.map((prologue) => leanNoise({ ...options, prologue })),
    // Silence is watched by PeerLink; yamux's own pings would wake every node for every peer and cut nothing.
    streamMuxers: [yamux({ enableKeepAlive: false, maxInboundStreams: 64, maxOutboundStreams: 64, maxEarlyStreams: 16 })],
    connectionMonitor: { enabled: false },
    connectionGater: {
      denyInboundEncryptedConnection: (peer) => options.isBanned(peer.toString()),
      denyOutboundEncryptedConnection: (peer) => options.isBanned(peer.toString()),
    },
    connectionManager: {
      maxConnections: 512,
      // The gate before it (limits/stranger-gate.ts) counts strangers by address, and lets fewer in than this.
      inboundConnectionThreshold: 1024,
      maxIncomingPendingConnections: 256,
      maxParallelDials: 32,
      maxDialQueueLength: 512,
      maxPeerAddrsToDial: 16,
      dialTimeout: 6000,
      addressDialTimeout: 2500,
      inboundUpgradeTimeout: 5000,
      // A stream that is not agreed on in time ends its connection: a main loop may stand still for ten seconds before it is dead.
      inboundStreamProtocolNegotiationTimeout: 12_000,
      outboundStreamProtocolNegotiationTimeout: 12_000,
      connectionCloseTimeout: 500,
      // The dialer does this.
      reconnectRetries: 0,
    },
  });
}

/** The port that a started node listens on. */
export function listeningPort(node: Libp2p): number {
  for (const address of node.getMultiaddrs()) {
    const port = /\/tcp\/(\d+)/.exec(address.toString())?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error('libp2p listens nowhere');
}

/** From now on handshakes take these; connections that stand go on. */
export function takePrologues(node: Libp2p, options: Pick<Libp2pNodeOptions, 'prologues' | 'life' | 'metOwnLife'>): void {
  if (!hasUpgrader(node)) throw new Error('this libp2p has no upgrader');
  const encrypters = node.components.upgrader.getConnectionEncrypters();
  encrypters.clear();
  for (const prologue of options.prologues) encrypters.set(prologue.protocol, leanNoise({ ...options, prologue })(node.components));
}

/** Of the node, besides what libp2p says of it. */
interface WithUpgrader {
  readonly components: Parameters<ReturnType<typeof leanNoise>>[0] & { readonly upgrader: { getConnectionEncrypters(): Map<string, unknown> } };
}

function hasUpgrader(node: object): node is WithUpgrader {
  // Its components are a proxy, which answers for what it is asked and lists nothing.
  return (
    'components' in node && typeof node.components === 'object' && node.components !== null && typeof Reflect.get(node.components, 'upgrader') === 'object'
  );
}
