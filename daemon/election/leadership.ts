/** Who coordinates, as the rest of the daemon sees it. The implementation is election.ts. */
import type { NodeId, Term } from '../../src/model/job.ts';
import type { Voters } from '../../src/model/voters.ts';

/** How the current term stands with the voters, for people. */
export interface TermStanding {
  readonly quorate: boolean;
  /** Voters that the coordinator reaches, of how many; 0 of 0 while no record of voters is known. */
  readonly reachable: number;
  readonly voters: number;
}

export interface Leadership {
  /** The highest term known whose coordinator is reachable; undefined while none is. */
  current(): Term | undefined;
  /** True while the current term is this node's own and fsynced. */
  isMine(): boolean;
  /** Told when another term is current, and when what voters say of it changes. */
  onChange(listener: (term: Term | undefined) => void): void;
}

/** Leadership that knows of voters. */
export interface VotedLeadership extends Leadership {
  /**
   * True while the current term is this node's own, a majority of the voters has renewed it so lately that none of them grants another,
   * and all that a majority knew when it granted it is merged here. Never true on two nodes at one time. While no job is open renewals are
   * sparse and this lapses in between.
   */
  quorate(): boolean;
  /**
   * Renews the term with every voter from now on. True once a majority, made of voters for which `counts` was true at the call, has
   * renewed it after the call: what those had on disk then, every later quorate coordinator will know before it acts.
   */
  confirm(counts: (voter: NodeId) => boolean): Promise<boolean>;
  /** The newest record known here. */
  voters(): Voters | undefined;
  /** Of the current term, as its coordinator last said; undefined while there is none or it has not said. */
  standing(): TermStanding | undefined;
  /** The same for who asks now: renewed if that was long ago, within a third of a second; undefined also when the coordinator does not answer. */
  standingNow(): Promise<TermStanding | undefined>;
  /**
   * An admin's word: this voter will not return. `acceptLoss`: though what was settled could be undone. Rejects with `node-not-found`,
   * `not-allowed` (it is reachable), `no-coordinator`, `not-acknowledged` (later it will do), `could-undo` (only with `acceptLoss`).
   */
  forget(voter: NodeId, acceptLoss?: boolean): Promise<Voters>;
}
