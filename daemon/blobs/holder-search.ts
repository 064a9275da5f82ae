/** Where to look for the blobs of one fetch: first the peers it named, then whoever says it has them (asked once for all). */
import type { Digest, NodeId } from '../../src/model/job.ts';
import type { Blob } from './blobs.ts';

export interface HolderSearchNeeds {
  connected(): readonly NodeId[];
  locate(blobs: readonly Blob[]): Promise<ReadonlyMap<Digest, readonly NodeId[]>>;
}

export class HolderSearch {
  readonly #blobs: readonly Blob[];
  readonly #from: readonly NodeId[];
  readonly #needs: HolderSearchNeeds;
  #located: Promise<ReadonlyMap<Digest, readonly NodeId[]>> | undefined;

  constructor(options: { readonly blobs: readonly Blob[]; readonly from: readonly NodeId[] }, needs: HolderSearchNeeds) {
    this.#blobs = options.blobs;
    this.#from = options.from;
    this.#needs = needs;
  }

  /** Lists of peers to try, one list after the other, each in its order. */
  async *of(blob: Blob): AsyncGenerator<readonly NodeId[]> {
    const connected = new Set(this.#needs.connected());
    const named = this.#from.filter((peer) => connected.has(peer));
    if (named.length > 0) yield rotated(named, blob.digest);
    this.#located ??= this.#needs.locate(this.#blobs);
    const others = ((await this.#located).get(blob.digest) ?? []).filter((peer) => !named.includes(peer));
    if (others.length > 0) yield rotated(others, blob.digest);
  }
}

/** Different blobs begin with different peers, so that one holder does not feed everybody. */
function rotated(peers: readonly NodeId[], digest: Digest): readonly NodeId[] {
  const first = Number.parseInt(digest.slice(0, 6), 16) % peers.length;
  return [...peers.slice(first), ...peers.slice(0, first)];
}
