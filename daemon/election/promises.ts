/**
 * Which term each voter granted last, as its coordinator saw it. Whoever knows tells a voter that comes back: one whose disk does not know was
 * restored from a backup, and votes no more under the store id that promised.
 */
import type { NodeId, Term } from '../../src/model/job.ts';
import { compareTerms } from '../../src/model/term.ts';
import type { Messenger } from './needs.ts';
import { electionProtocol, type Promised } from './protocol.ts';

/** Those told of last are kept: voters are five at most, and change seldom. */
const mostKept = 32;

export class Promises {
  readonly #messenger: Pick<Messenger, 'self' | 'connected' | 'send' | 'onPeer'>;
  /** By node and store. */
  readonly #known = new Map<string, Promised>();

  constructor(needs: { readonly messenger: Pick<Messenger, 'self' | 'connected' | 'send' | 'onPeer'> }) {
    this.#messenger = needs.messenger;
    needs.messenger.onPeer(({ type, peer }) => type === 'connected' && this.#remind(peer));
  }

  /** By the coordinator of the term: the voter granted it. Everybody is to remember. */
  granted(node: NodeId, store: string, term: Term): void {
    const promised: Promised = { type: 'promised', node, store, term };
    if (!this.hear(promised)) return;
    for (const peer of this.#messenger.connected()) this.#messenger.send(peer, electionProtocol, promised);
  }

  /** True when it was news. */
  hear(promised: Promised): boolean {
    const key = `${promised.node}/${promised.store}`;
    const known = this.#known.get(key);
    if (known !== undefined && compareTerms(promised.term, known.term) <= 0) return false;
    this.#known.delete(key);
    this.#known.set(key, promised);
    for (const oldest of this.#known.keys()) if (this.#known.size > mostKept) this.#known.delete(oldest);
    return true;
  }

  /** What this very node granted last, as others remember. */
  own(store: string): Term | undefined {
    return this.#known.get(`${this.#messenger.self}/${store}`)?.term;
  }

  #remind(peer: NodeId): void {
    for (const promised of this.#known.values()) if (promised.node === peer) this.#messenger.send(peer, electionProtocol, promised);
  }
}
