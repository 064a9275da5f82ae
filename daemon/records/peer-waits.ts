/** Waits for peers, but for none that has fallen silent: its connection may stand for a quarter of a minute with nothing coming over it. */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { MembershipView } from './needs.ts';

interface Wait {
  readonly peer: NodeId;
  giveUp(): void;
}

/** Nothing is to be expected of it now. Of a peer that membership does not know yet something is. */
export function isSilent(membership: Pick<MembershipView, 'member'>, peer: NodeId): boolean {
  const reachability = membership.member(peer)?.reachability;
  return reachability !== undefined && reachability !== 'alive' && reachability !== 'suspect';
}

export class PeerWaits {
  readonly #needs: { readonly clock: Clock; readonly membership: MembershipView };
  readonly #waits = new Set<Wait>();

  constructor(needs: { readonly clock: Clock; readonly membership: MembershipView }) {
    this.#needs = needs;
    needs.membership.onChange(() => this.#look());
  }

  /** Resolves when the work of each peer that can answer is done, or after `waitMs`. None of them may reject. */
  async all(works: ReadonlyMap<NodeId, Promise<unknown>>, waitMs: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = this.#needs.clock.after(waitMs, late.resolve);
    const waits: Wait[] = [];
    const ends = [...works].map(([peer, work]) => {
      const lost = Promise.withResolvers<void>();
      waits.push({ peer, giveUp: lost.resolve });
      return Promise.race([work, lost.promise]);
    });
    for (const wait of waits) this.#waits.add(wait);
    this.#look();
    await Promise.race([Promise.all(ends), late.promise]);
    for (const wait of waits) this.#waits.delete(wait);
    timer.cancel();
  }

  #look(): void {
    for (const wait of this.#waits) if (isSilent(this.#needs.membership, wait.peer)) wait.giveUp();
  }
}
