/** What the libp2p network is told and needs. */
import type { HostId, NodeId } from '../../src/model/job.ts';
import type { Clock, Randomness } from '../clock.ts';
import type { UdpBeats } from './beats/udp-beats.ts';
import type { ClusterKey } from './cluster-key.ts';
import type { Rival } from './hello.ts';
import type { ListenOptions } from './libp2p-carrier.ts';
import type { NodeKey } from './node-key.ts';
import type { Papers } from './papers/papers.ts';

export interface Libp2pNetworkOptions {
  readonly clusterKey: ClusterKey;
  readonly nodeKey: NodeKey;
  /** Default: those that every holder of a key file makes for itself. */
  readonly papers?: Papers;
  /** The physical machine. */
  readonly host: HostId;
  /** Grows with every start of the daemon. */
  readonly incarnation: number;
  readonly listen?: ListenOptions;
  /** A connection that is younger is not asked when its peer is heard again after a silence. Default: 3000. */
  readonly youngMs?: number;
  /** Peers known from before. */
  readonly book?: readonly { readonly node: NodeId; readonly addresses: readonly string[] }[];
}

export interface Libp2pNetworkNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Where a peer may be reached, best first: worth remembering over a restart. */
  learned?(node: NodeId, addresses: readonly string[]): void;
  /** Heartbeats beside the connections; keys and ports go with the hellos. */
  readonly beats?: Pick<UdpBeats, 'offer' | 'open' | 'close'>;
  /** Another live process has this node's key; others refuse both. Told again and again while it lasts. */
  identityInUse?(rival: Rival): void;
  /** A peer refuses this node, for good as far as it knows. */
  refusedBy?(peer: NodeId, reason: string): void;
  /** What went wrong with a peer, for the log. */
  problem?(peer: NodeId, reason: string): void;
  /** A member broke the protocol or its limits, and stays out for so long (milliseconds). */
  excluded?(peer: NodeId, reason: string, pauseMs: number): void;
  /** A peer said what only another version knows; once a peer and word. */
  unknown?(peer: NodeId, protocol: string, word: string): void;
}
