/** What each connected peer says it has on disk, and on which machine. */
import type { Entry } from '../../src/model/facts.ts';
import type { HostId, NodeId } from '../../src/model/job.ts';
import type { EntryLogs } from './entry-logs.ts';
import { type Head, type Heads, mostOrigins } from './protocol.ts';

interface Peer {
  host: HostId | undefined;
  sequences: Map<string, number>;
  /** As it told them last. */
  heads: Map<string, Head>;
}

export interface HeadsNews {
  /** The peer has entries that are missing here. */
  readonly hasMore: boolean;
  /** Logs that differ from ours under the same origin. */
  readonly forks: readonly Head[];
  /** It knows our own log further than, or differently from, our disk. */
  readonly knowsOwnBetter: boolean;
}

export class PeerHeads {
  readonly #peers = new Map<NodeId, Peer>();
  readonly #logs: EntryLogs;
  readonly #isForked: (origin: string) => boolean;
  /** Logs that were this node's own, until a peer knew them better. */
  readonly #given = new Set<string>();

  constructor(needs: { readonly logs: EntryLogs; isForked(origin: string): boolean }) {
    this.#logs = needs.logs;
    this.#isForked = needs.isForked;
  }

  /** What this node writes goes under another origin from now on: of this one it may have written what nobody else has in its place. */
  gaveUp(origin: string): void {
    this.#given.add(origin);
  }

  forget(peer: NodeId): void {
    this.#peers.delete(peer);
  }

  hasTold(peer: NodeId): boolean {
    return this.#peers.has(peer);
  }

  /** How far the peer holds the log; undefined before it told. */
  sequence(peer: NodeId, origin: string): number | undefined {
    const known = this.#peers.get(peer);
    return known === undefined ? undefined : (known.sequences.get(origin) ?? 0);
  }

  holds(peer: NodeId, positions: ReadonlyMap<string, number>): boolean {
    return Iterator.from(positions).every(([origin, sequence]) => (this.sequence(peer, origin) ?? 0) >= sequence);
  }

  /** A part of the heads is ignored until all of them were told once: without them nothing is known of the rest. */
  record(from: NodeId, told: Heads, ownOrigin: string): HeadsNews {
    const peer = this.#peers.get(from) ?? { host: undefined, sequences: new Map(), heads: new Map() };
    if (told.whole) {
      peer.sequences = new Map();
      peer.heads = new Map();
      this.#peers.set(from, peer);
    }
    peer.host = told.host;
    const forks: Head[] = [];
    let hasMore = false;
    let knowsOwnBetter = false;
    for (const head of told.heads) {
      // Told bit by bit it may not become more than it could be at once.
      if (peer.heads.size >= mostOrigins && !peer.heads.has(head.origin)) continue;
      const own = head.origin === ownOrigin;
      const digest = this.#logs.digestAt(head.origin, head.sequence);
      const differs = digest !== undefined && digest !== head.digest;
      if (differs) forks.push(head);
      if (digest === undefined && !own) hasMore = true;
      if (own && digest !== head.digest) knowsOwnBetter = true;
      // What differs is no copy of ours; a log beyond the end of ours differs if the origin is known to be forked, and may if it was our own.
      const isNoCopy = differs || (digest === undefined && (own || this.#given.has(head.origin) || this.#isForked(head.origin)));
      peer.sequences.set(head.origin, isNoCopy ? 0 : head.sequence);
      peer.heads.set(head.origin, head);
    }
    return { hasMore, forks, knowsOwnBetter };
  }

  /** Logs of forked origins of which the peer, as it told last, holds more than or something else than this disk. */
  unlike(peer: NodeId): readonly Head[] {
    const heads = this.#peers.get(peer)?.heads.values() ?? [];
    return [...heads].filter(({ origin, sequence, digest }) => this.#isForked(origin) && this.#logs.digestAt(origin, sequence) !== digest);
  }

  /** The peer sent these entries, so it has them on its own disk. Call when they are in the logs here too; `forked` logs are no copies of ours. */
  gave(from: NodeId, entries: readonly Entry[], forked: ReadonlySet<string>): void {
    const sequences = this.#peers.get(from)?.sequences;
    for (const { origin, sequence } of entries) {
      if (sequences === undefined || forked.has(origin) || this.#logs.sequence(origin) < sequence) continue;
      sequences.set(origin, Math.max(sequence, sequences.get(origin) ?? 0));
    }
  }

  /** Machines of the connected peers that told and that `counts`. */
  hosts(counts: (peer: NodeId) => boolean): Iterable<HostId> {
    return Iterator.from(this.#peers)
      .filter(([id]) => counts(id))
      .map(([, peer]) => peer.host)
      .filter((host) => host !== undefined);
  }

  /** Machines of the connected peers that hold every origin up to its sequence. */
  hostsHolding(positions: ReadonlyMap<string, number>, counts: (peer: NodeId) => boolean = () => true): ReadonlySet<HostId> {
    const hosts = new Set<HostId>();
    for (const [peer, { host, sequences }] of this.#peers) {
      if (host === undefined || hosts.has(host) || !counts(peer)) continue;
      if (Iterator.from(positions).every(([origin, sequence]) => (sequences.get(origin) ?? 0) >= sequence)) hosts.add(host);
    }
    return hosts;
  }
}
