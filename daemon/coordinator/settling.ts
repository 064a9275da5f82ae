/**
 * Facts that never flip. One is written as `quorate` in a quorate term, which has merged all that any earlier quorate coordinator settled;
 * it is settled itself once a majority of the voters has it on disk and has renewed the term after that. Whoever is granted a later term
 * by a majority then learns of it before he decides anything, and between quorate facts the higher term wins.
 */
import type { NodeId } from '../../src/model/job.ts';
import { isMajority } from '../../src/model/voters.ts';
import type { Holders, Positions, VotedLeadership } from './needs.ts';

export interface SettlingNeeds {
  readonly leadership: Pick<VotedLeadership, 'quorate' | 'confirm' | 'voters'>;
  readonly journal: Pick<Holders, 'holds' | 'whenHeld'>;
  /** Is the term still this node's own? A later term of this very node settles nothing for an earlier one. */
  isMine(): boolean;
}

export class Settling {
  readonly #storeMs: number;
  readonly #needs: SettlingNeeds;

  constructor(options: { readonly storeMs: number }, needs: SettlingNeeds) {
    this.#storeMs = options.storeMs;
    this.#needs = needs;
  }

  isQuorate(): boolean {
    return this.#needs.isMine() && this.#needs.leadership.quorate();
  }

  /** Of facts written while `isQuorate`. False when that cannot be said, though they may be settled all the same. */
  async isSettled(positions: Positions): Promise<boolean> {
    const { leadership, journal, isMine } = this.#needs;
    const holds = (node: NodeId): boolean => journal.holds(node, positions);
    const isHeld = (): boolean => isMajority(leadership.voters()?.voters ?? [], ({ node }) => holds(node));
    if (!(await journal.whenHeld(isHeld, this.#storeMs)) || !isMine()) return false;
    return (await leadership.confirm(holds)) && isMine();
  }
}
