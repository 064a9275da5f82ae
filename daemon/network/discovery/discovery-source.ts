/** One way to find nodes. A sighting is only a hint: whoever answers there must still complete the handshake and the hello. */
import type { NodeId } from '../../../src/model/job.ts';

/** `address` is `host:port`; `node` is who claims to be there, where that is known. */
export type Found = (address: string, node?: NodeId) => void;

export interface DiscoverySource {
  start(found: Found): void;
  stop(): void;
}
