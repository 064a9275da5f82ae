/** libp2p's types by way of its main interface, so that its inner packages need not be dependencies of ours. */
import type { Libp2p } from 'libp2p';

export type { Libp2p };
export type Connection = ReturnType<Libp2p['getConnections']>[number];
export type Stream = Connection['streams'][number];
export type Logger = Connection['log'];
