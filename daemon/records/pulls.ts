/** Asks peers for the entries that are missing here: one pull a peer at a time, each until the peer has no more. */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { Messenger } from '../wire/messenger.ts';
import type { EntryLogs } from './entry-logs.ts';
import type { Inbox } from './inbox.ts';
import type { MembershipView } from './needs.ts';
import type { OwnLog } from './own-log.ts';
import type { PeerHeads } from './peer-heads.ts';
import { PeerWaits } from './peer-waits.ts';
import { recordsProtocol } from './protocol.ts';

const requestMs = 10_000;
/** Asked for after this sequence nothing is sent. */
const endOfLog = Number.MAX_SAFE_INTEGER;

export interface PullsNeeds {
  readonly messenger: Messenger;
  readonly membership: MembershipView;
  readonly clock: Clock;
  readonly logs: EntryLogs;
  readonly heads: PeerHeads;
  readonly inbox: Inbox;
  readonly own: OwnLog;
  /** The peer turned out to have another form of some log. */
  foundFork(peer: NodeId): void;
}

interface Pulling {
  /** Resolves with whether the peer has given everything. */
  now: Promise<boolean> | undefined;
  next: Promise<boolean> | undefined;
}

export class Pulls {
  readonly #needs: PullsNeeds;
  readonly #waits: PeerWaits;
  readonly #pulling = new Map<NodeId, Pulling>();
  #running = true;

  constructor(needs: PullsNeeds) {
    this.#needs = needs;
    this.#waits = new PeerWaits(needs);
  }

  stop(): void {
    this.#running = false;
  }

  forget(peer: NodeId): void {
    this.#pulling.delete(peer);
  }

  /** A pull that is under way will do. Resolves with whether the peer has given everything. */
  from(peer: NodeId): Promise<boolean> {
    const pulling = this.#with(peer);
    pulling.now ??= this.#pullAll(peer).finally(() => {
      pulling.now = undefined;
    });
    return pulling.now;
  }

  /** Resolves when every one of the peers that can answer has given what it had at the call or later, or failed to, or `waitMs` passed. */
  fromAll(peers: readonly NodeId[], waitMs: number): Promise<void> {
    const pulls = peers.map((peer) => [peer, this.#fromNowOn(peer)] as const);
    return this.#waits.all(new Map(pulls), waitMs);
  }

  /** Resolves true when the peer has given all that it had on disk after the call; false after `waitMs`. */
  async whole(peer: NodeId, waitMs: number): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const timer = this.#needs.clock.after(waitMs, () => late.resolve(false));
    const complete = await Promise.race([this.#fromNowOn(peer), late.promise]);
    timer.cancel();
    return complete;
  }

  #with(peer: NodeId): Pulling {
    const known = this.#pulling.get(peer);
    if (known !== undefined) return known;
    const pulling: Pulling = { now: undefined, next: undefined };
    this.#pulling.set(peer, pulling);
    return pulling;
  }

  /** A pull that begins after this call. */
  #fromNowOn(peer: NodeId): Promise<boolean> {
    const pulling = this.#with(peer);
    if (pulling.now === undefined) return this.from(peer);
    pulling.next ??= pulling.now.then(() => {
      pulling.next = undefined;
      return this.from(peer);
    });
    return pulling.next;
  }

  async #pullAll(peer: NodeId): Promise<boolean> {
    const { heads, inbox, logs, messenger, own, foundFork } = this.#needs;
    try {
      while (this.#running) {
        const leftOut = own.origin;
        const reply = await messenger.request(peer, recordsProtocol, { type: 'pull', after: this.#after() }, requestMs);
        if (reply.type !== 'entries') return false;
        const { forks } = await inbox.take(peer, reply.entries);
        heads.gave(peer, reply.entries, inbox.forked);
        if (forks.size > 0) foundFork(peer);
        // Renewed meanwhile: what was left out as this node's own log is another one now, of which the peer may have more.
        if (own.origin !== leftOut) continue;
        const progress = reply.entries.some((entry) => logs.sequence(entry.origin) >= entry.sequence);
        if (reply.complete || !progress) return reply.complete && forks.size === 0;
      }
    } catch {
      // Unreachable, or our disk is full (reported there): the peer's next heads start this again.
    }
    return false;
  }

  #after(): { readonly origin: string; readonly sequence: number }[] {
    const { inbox, logs, own } = this.#needs;
    const unwanted = new Set([own.origin, ...inbox.forked]);
    const wanted = logs.origins().filter((origin) => !unwanted.has(origin));
    return [...wanted.map((origin) => ({ origin, sequence: logs.sequence(origin) })), ...[...unwanted].map((origin) => ({ origin, sequence: endOfLog }))];
  }
}
