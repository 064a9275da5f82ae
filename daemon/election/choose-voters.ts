/** Which node should become a voter next. Pure. */
import type { HostId, NodeId } from '../../src/model/job.ts';
import { isVoter, mostVoters, type Voters } from '../../src/model/voters.ts';
import { type Candidate, rankCandidates } from './elect-coordinator.ts';

export interface VoterCandidate extends Candidate {
  readonly host: HostId;
  /** Reachable for long enough to count on it. */
  readonly isSteady: boolean;
}

/** An even number of voters survives no more losses than the odd one below it; but with two machines both know everything. */
function wantedVoters(machines: number): number {
  const most = Math.min(mostVoters, machines);
  return most > 2 && most % 2 === 0 ? most - 1 : most;
}

/** `nodes`: every node known. Undefined when the voters are as they should be; nobody is ever dropped for being away. */
export function nextVoter(voters: Voters, nodes: readonly VoterCandidate[]): NodeId | undefined {
  const taken = new Set(nodes.filter(({ node }) => isVoter(voters, node)).map(({ host }) => host));
  // Two daemons of one machine are lost together.
  const free = nodes.filter(({ node, host, isSteady, hasRoom }) => !isVoter(voters, node) && isSteady && hasRoom && !taken.has(host));
  const machines = voters.voters.length + new Set(free.map(({ host }) => host)).size;
  return voters.voters.length < wantedVoters(machines) ? rankCandidates(free)[0] : undefined;
}
