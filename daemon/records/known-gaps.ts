/** Which entries that peers told of are not on this disk: while there are any, this node does not know what they say. */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { EntryLogs } from './entry-logs.ts';
import type { RecordsGaps } from './journal.ts';
import { type Head, mostOrigins } from './protocol.ts';

/** More heads than all the logs that a few peers may have are made up, and are not kept: this node knows already that it lacks something. */
const mostMissing = 4 * mostOrigins;
/** Who was away for longer (milliseconds) may have been with others meanwhile, and bring more than its own. */
const absenceMs = 60_000;
/** Machines come back within a week, or never: what one told of that has gone for so long (milliseconds), nobody may have any more. */
const goneForGoodMs = 7 * 24 * 3_600_000;

export interface KnownGapsNeeds {
  readonly clock: Clock;
  readonly logs: Pick<EntryLogs, 'digestAt'>;
  /** Are the facts of that form of a forked log on this disk? */
  isRepaired(head: Head): boolean;
}

export class KnownGaps {
  readonly #needs: KnownGapsNeeds;
  /** Connected, and have not told what they have. */
  readonly #silent = new Set<NodeId>();
  /** Connected, and have told. */
  readonly #heard = new Set<NodeId>();
  /** Everybody who told since the start. */
  readonly #met = new Set<NodeId>();
  /** Since when who was connected once is not, or has not told again (clock milliseconds). */
  readonly #gone = new Map<NodeId, number>();
  /** What was told and was not here then, by peer and origin. Of a peer that has gone too, for a week: it had facts that nobody may have given yet. */
  readonly #missing = new Map<string, { readonly peer: NodeId; readonly head: Head }>();
  #quietSince: number;
  #unheardSince: number | undefined;

  constructor(needs: KnownGapsNeeds) {
    this.#needs = needs;
    this.#quietSince = needs.clock.now();
    this.#unheardSince = this.#quietSince;
  }

  /** Clock milliseconds when the last peer was met for the first time or after an absence, or this was made. */
  get quietSince(): number {
    return this.#quietSince;
  }

  /** Clock milliseconds since when nobody is connected who told what he has; undefined while somebody is. */
  get unheardSince(): number | undefined {
    return this.#unheardSince;
  }

  connected(peer: NodeId): void {
    this.#silent.add(peer);
  }

  /** Who goes without a word is not waited for: nothing is known of what it has. */
  disconnected(peer: NodeId): void {
    const now = this.#needs.clock.now();
    this.#silent.delete(peer);
    if (this.#heard.delete(peer) || !this.#gone.has(peer)) this.#gone.set(peer, now);
    if (this.#heard.size === 0) this.#unheardSince ??= now;
  }

  told(peer: NodeId, { whole, heads }: { readonly whole: boolean; readonly heads: readonly Head[] }): void {
    if (whole) this.#hear(peer);
    for (const head of heads) {
      const name = `${peer} ${head.origin}`;
      const hasRoom = this.#missing.size < mostMissing || this.#missing.has(name);
      if (hasRoom && !this.#isHere(head) && head.sequence >= (this.#missing.get(name)?.head.sequence ?? 0)) this.#missing.set(name, { peer, head });
    }
  }

  /** Does any connected peer, or one that was connected within a week since the start, have entries that are not here, as far as it told? */
  any(): boolean {
    for (const [name, { peer, head }] of this.#missing) if (this.#isHere(head) || this.#isGoneForGood(peer)) this.#missing.delete(name);
    return this.#silent.size > 0 || this.#missing.size > 0;
  }

  /** `hasForeign`: there are logs of others at all, of which somebody could tell. */
  view(hasForeign: boolean): Omit<RecordsGaps, 'lostAt'> {
    const { quietSince, unheardSince } = this;
    return { isBehind: this.any(), quietSince, ...(hasForeign && unheardSince !== undefined ? { unheardSince } : {}) };
  }

  #hear(peer: NodeId): void {
    const now = this.#needs.clock.now();
    const isBack = now - (this.#gone.get(peer) ?? now) >= absenceMs;
    if (isBack || !this.#met.has(peer)) this.#quietSince = now;
    this.#met.add(peer);
    // What came late says nothing of who is there.
    if (!this.#silent.delete(peer)) return;
    this.#heard.add(peer);
    this.#gone.delete(peer);
    this.#unheardSince = undefined;
  }

  #isGoneForGood(peer: NodeId): boolean {
    const now = this.#needs.clock.now();
    return now - (this.#gone.get(peer) ?? now) >= goneForGoodMs;
  }

  #isHere(head: Head): boolean {
    return this.#needs.logs.digestAt(head.origin, head.sequence) === head.digest || this.#needs.isRepaired(head);
  }
}
