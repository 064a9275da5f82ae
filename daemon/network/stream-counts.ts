/** How many streams stand on connections, and how many of them no rule explains. */
import type { Connection } from './libp2p-types.ts';

export interface StreamCounts {
  readonly streams: number;
  /** Beyond the one that each side opens for a protocol on a connection: for a moment at most, so what stays is a leak. */
  readonly repeatedStreams: number;
}

type Counted = { readonly streams: readonly Pick<Connection['streams'][number], 'protocol' | 'direction'>[] };

/** How many there are depends on what was said on each connection so far; how many are repeated does not. */
export function countStreams(connections: readonly Counted[]): StreamCounts {
  const kinds = connections.map(({ streams }) => new Set(streams.map(({ protocol, direction }) => `${direction} ${protocol}`)).size);
  const streams = connections.reduce((sum, connection) => sum + connection.streams.length, 0);
  return { streams, repeatedStreams: streams - kinds.reduce((sum, kind) => sum + kind, 0) };
}
