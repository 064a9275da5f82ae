/** Which bytes to bring where, so that each group is on as many machines as wanted. Pure. */
import type { HostId, NodeId } from '../../src/model/job.ts';
import type { Move, SizedBlob } from './needs.ts';
import { holdersOf, type Machines } from './wanted.ts';

/** Blobs that belong together: a copy is a machine with all of them. */
export interface Group {
  readonly blobs: readonly SizedBlob[];
  readonly wanted: number;
}

/** Holders that are named to who fetches; the protocol takes no more. */
const mostSources = 64;

/** One move a target at most; nothing for what nobody has. Machines that have a part of a group come before those that have none of it. */
export function movesFor(groups: readonly Group[], held: ReadonlyMap<string, readonly NodeId[]>, machines: Machines): readonly Move[] {
  const moves = new Map<NodeId, { readonly blobs: Map<string, SizedBlob>; readonly from: Set<NodeId> }>();
  const has = (node: NodeId, { digest }: SizedBlob): boolean => held.get(digest)?.includes(node) === true;
  for (const { blobs, wanted } of groups) {
    if (blobs.some(({ digest }) => (held.get(digest) ?? []).length === 0)) continue;
    const hosts = new Set<HostId>(holdersOf(blobs, held, machines));
    const parts = new Map(machines.nodes.map(({ node }) => [node, blobs.filter((blob) => has(node, blob)).length]));
    const candidates = machines.nodes.toSorted((a, b) => Number((parts.get(b.node) ?? 0) > 0) - Number((parts.get(a.node) ?? 0) > 0));
    for (const { node, host } of candidates) {
      if (hosts.size >= wanted) break;
      if (hosts.has(host)) continue;
      hosts.add(host);
      const move = moves.get(node) ?? { blobs: new Map(), from: new Set() };
      moves.set(node, move);
      for (const blob of blobs) {
        if (has(node, blob)) continue;
        move.blobs.set(blob.digest, blob);
        for (const holder of held.get(blob.digest) ?? []) move.from.add(holder);
      }
    }
  }
  return [...moves].map(([to, { blobs, from }]) => ({ to, blobs: [...blobs.values()], from: [...from].slice(0, mostSources) }));
}
