/** What peers said that only another version knows: counted, and told once a peer and word. */
import type { NodeId } from '../../src/model/job.ts';

/** Of one peer; more different words than that are a defect's and only counted. */
const mostWords = 32;
const mostPeers = 512;

export class UnknownWords {
  readonly #tell: (peer: NodeId, protocol: string, word: string) => void;
  readonly #told = new Map<NodeId, Set<string>>();
  #count = 0;

  constructor(tell: (peer: NodeId, protocol: string, word: string) => void) {
    this.#tell = tell;
  }

  /** All there ever were. */
  get count(): number {
    return this.#count;
  }

  heard(peer: NodeId, protocol: string, word: string): void {
    this.#count += 1;
    const told = this.#told.get(peer) ?? new Set();
    const one = `${protocol} ${word}`;
    if (told.has(one) || told.size >= mostWords || (told.size === 0 && this.#told.size >= mostPeers)) return;
    this.#told.set(peer, told.add(one));
    this.#tell(peer, protocol, word);
  }
}
