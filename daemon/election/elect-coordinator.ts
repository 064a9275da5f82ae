/** Who should coordinate: a pure function of the view, so that nodes with one view agree without a word. */
import type { NodeId } from '../../src/model/job.ts';
import { hasRecordRoom } from '../../src/model/resources.ts';
import { chooseStandbys, coarseStartMs } from '../../src/model/standbys.ts';
import type { Voters } from '../../src/model/voters.ts';
import type { Membership } from './needs.ts';

export interface Candidate {
  readonly node: NodeId;
  /** Drawn from wall time at its start: the same number on every node, lower for who has been up longer. */
  readonly incarnation: number;
  /** False when its disk is full: it could not store what it decides. */
  readonly hasRoom: boolean;
  /** Is told of every fact at once. */
  readonly isStandby?: boolean;
}

/** Candidates in the order in which they should claim the seat: those with room on their disks first, of them the standbys, then the longest up, coarsely, then by id. Paused nodes may coordinate. */
export function rankCandidates(candidates: readonly Candidate[]): readonly NodeId[] {
  const start = ({ incarnation }: Candidate): number => Math.floor(incarnation / coarseStartMs);
  const rank = ({ hasRoom, isStandby }: Candidate): number => 2 * Number(hasRoom) + Number(isStandby === true);
  return [...candidates].sort((a, b) => rank(b) - rank(a) || start(a) - start(b) || (a.node < b.node ? -1 : 1)).map(({ node }) => node);
}

/** Must the sitting coordinator let another one take the seat? Only when its disk is full and another's is not. */
export function mustGiveWay(sitting: NodeId, candidates: readonly Candidate[]): boolean {
  return candidates.some(({ node, hasRoom }) => node === sitting && !hasRoom) && candidates.some(({ hasRoom }) => hasRoom);
}

/** Whom this node would leave the seat to, itself included unless it is a worker. Who is a standby follows from the voters; without them all are. */
export function candidatesOf(membership: Pick<Membership, 'self' | 'members'>, voters?: Voters): readonly Candidate[] {
  const standbys =
    voters === undefined
      ? undefined
      : chooseStandbys(
          membership.members(),
          voters.voters.map(({ node }) => node),
        );
  const members = membership.members().filter(({ facts }) => facts.role !== 'worker');
  const alive = members.filter(({ facts, reachability }) => facts.id === membership.self || reachability === 'alive');
  return alive.map(({ facts }) => {
    const isStandby = standbys?.has(facts.id) !== false;
    return { node: facts.id, incarnation: facts.incarnation, hasRoom: hasRecordRoom(facts.inventory), isStandby };
  });
}

/** A coordinator that others reach and only we do not keeps its seat, or two nodes without a link would outbid each other for ever. */
export function livesIn(membership: Pick<Membership, 'member'>, node: NodeId): boolean {
  const member = membership.member(node);
  if (member === undefined) return false;
  return member.reachability === 'alive' || member.reachability === 'suspect' || member.witnessed === true;
}
