/** Which connection to each peer counts, and what the rest of the daemon is told when that changes. */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock, Timer } from '../clock.ts';
import type { PeerLink } from './peer-link.ts';

export type PeerEvent = { readonly type: 'connected' | 'disconnected'; readonly peer: NodeId };

export interface PeerTableNeeds {
  readonly clock: Clock;
  /** One attempt at once; false when it failed. */
  redial(peer: NodeId): Promise<boolean>;
  /** It shall not come back soon. */
  isBanned(peer: NodeId): boolean;
  /** What waits for the peer fails. */
  failPending(peer: NodeId): void;
  emit(event: PeerEvent): void;
}

/** A lost connection is reported after this, whatever the attempt to replace it is doing. */
const replaceMs = 1200;

export class PeerTable {
  readonly #self: NodeId;
  readonly #needs: PeerTableNeeds;
  /** Every connection that has not ended. */
  readonly #links = new Set<PeerLink>();
  readonly #admitted = new Map<NodeId, PeerLink>();
  /** Peers whose connection broke a moment ago. */
  readonly #replacing = new Map<NodeId, Timer>();
  #stopped = false;

  constructor(options: { readonly self: NodeId }, needs: PeerTableNeeds) {
    this.#self = options.self;
    this.#needs = needs;
  }

  links(): Iterable<PeerLink> {
    return this.#links;
  }

  admitted(peer: NodeId): PeerLink | undefined {
    return this.#admitted.get(peer);
  }

  connected(): NodeId[] {
    return [...this.#admitted.keys(), ...this.#replacing.keys()];
  }

  /** False for a connection that this node dialled and does not need: the peer's own came first. */
  add(link: PeerLink): boolean {
    this.#links.add(link);
    return (
      !link.dialled ||
      ![...this.#links].some((other) => other !== link && other.peer === link.peer && (other.state === 'answered' || other.state === 'admitted'))
    );
  }

  /** When both sides dial at once, the connection of the smaller id is kept: its node refuses the other. */
  isCrossing(link: PeerLink): boolean {
    if (link.dialled) return false;
    const own = [...this.#links].some((other) => other.peer === link.peer && other.dialled && other.state === 'greeting');
    return own && this.#self < link.peer;
  }

  /** A node dials only when it has no connection, so a new one proves that the one before it is dead. */
  admit(link: PeerLink): void {
    const { peer } = link;
    const before = this.#admitted.get(peer);
    this.#admitted.set(peer, link);
    this.#needs.failPending(peer);
    before?.drop();
    this.#endReplacing(peer);
    this.#needs.emit({ type: 'connected', peer });
  }

  closed(link: PeerLink): void {
    const { peer } = link;
    this.#links.delete(link);
    if (this.#admitted.get(peer) !== link) return;
    this.#admitted.delete(peer);
    this.#needs.failPending(peer);
    if (this.#stopped) return;
    if (link.saidBye || this.#needs.isBanned(peer)) this.#needs.emit({ type: 'disconnected', peer });
    else void this.#replace(peer);
  }

  /** Nothing is reported any more. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#replacing.values()) timer.cancel();
    this.#replacing.clear();
  }

  async #replace(peer: NodeId): Promise<void> {
    const giveUp = () => this.#endReplacing(peer) && this.#needs.emit({ type: 'disconnected', peer });
    this.#replacing.set(peer, this.#needs.clock.after(replaceMs, giveUp));
    const reached = await this.#needs.redial(peer);
    // The peer may be dialling too: while its hello is under way there is hope.
    if (!reached && ![...this.#links].some((link) => link.peer === peer)) giveUp();
  }

  #endReplacing(peer: NodeId): boolean {
    this.#replacing.get(peer)?.cancel();
    return this.#replacing.delete(peer);
  }
}
