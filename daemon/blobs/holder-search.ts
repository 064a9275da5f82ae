/** Where to look for the blobs of one fetch: first the peers it named, then whoever says it has them (asked once for all). */
import type { Digest, NodeId } from '../../src/model/job.ts';

export interface HolderSearchNeeds {
  connected(): readonly NodeId[];
  locate(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, readonly NodeId[]>>;
}

export class HolderSearch {
  readonly #digests: readonly Digest[];
  readonly #from: readonly NodeId[];
  readonly #needs: HolderSearchNeeds;
  #located: Promise<ReadonlyMap<Digest, readonly NodeId[]>> | undefined;

  constructor(options: { readonly digests: readonly Digest[]; readonly from: readonly NodeId[] }, needs: HolderSearchNeeds) {
    this.#digests = options.digests;
    this.#from = options.from;
    this.#needs = needs;
  }

  /** Lists of peers to try, one list after the other, each in its order. */
  async *of(digest: Digest): AsyncGenerator<readonly NodeId[]> {
    const connected = new Set(this.#needs.connected());
    const named = this.#from.filter((peer) => connected.has(peer));
    if (named.length > 0) yield rotated(named, digest);
    this.#located ??= this.#needs.locate(this.#digests);
    const others = ((await this.#located).get(digest) ?? []).filter((peer) => !named.includes(peer));
    if (others.length > 0) yield rotated(others, digest);
  }
}

/** Different blobs begin with different peers, so that one holder does not feed everybody. */
function rotated(peers: readonly NodeId[], digest: Digest): readonly NodeId[] {
  const first = Number.parseInt(digest.slice(0, 6), 16) % peers.length;
  return [...peers.slice(first), ...peers.slice(0, first)];
}
