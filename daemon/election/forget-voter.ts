/** An admin's word that a voter will not return: the one change of the voters that may be made without a majority. */
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId, Term } from '../../src/model/job.ts';
import { isVoter, type Voter, type Voters } from '../../src/model/voters.ts';
import type { ElectionNeeds } from './needs.ts';
import { electionProtocol } from './protocol.ts';
import type { Quorum } from './quorum.ts';
import type { Reign } from './reign.ts';

interface ForgetNeeds extends ElectionNeeds {
  readonly current: Term | undefined;
  voters(): Voters | undefined;
}

const answerMs = 15_000;
/** An idle coordinator's voters are asked anew: with a majority of them nothing needs to be forced. */
const confirmMs = 1_000;

/** `reign`: this node's own, when it coordinates. Resolves with the record without the voter. Rejects with `node-not-found`, `not-allowed`, `no-coordinator`, `not-acknowledged`. */
export async function forgetVoter(node: NodeId, reign: Reign | undefined, needs: ForgetNeeds): Promise<Voters> {
  const { messenger, membership, memory, current } = needs;
  if (current === undefined) throw new SupervmError('no-coordinator', 'no coordinator is elected right now', 'Try again in a few seconds.');
  const record = needs.voters();
  if (record !== undefined && !isVoter(record, node))
    throw new SupervmError('node-not-found', 'this node is no voter, so nothing depends on it', 'See: supervm status');
  const reachability = membership.member(node)?.reachability;
  const listed = record?.voters.find((voter) => voter.node === node)?.store;
  const store = node === messenger.self ? memory.storeId() : (reign?.quorum.storeOf(node) ?? listed);
  if (record !== undefined && reign !== undefined && store === listed && (reachability === 'alive' || reachability === 'suspect'))
    throw new SupervmError('not-allowed', 'this node is there, and its vote counts', 'Only a machine that will not return is forgotten.');
  if (reign === undefined) {
    const reply = await messenger.request(current.node, electionProtocol, { type: 'forget', node }, answerMs);
    if (reply.type === 'forgotten') return reply.voters;
    throw new SupervmError('no-coordinator', 'the coordinator does not answer', 'Try again in a few seconds.');
  }
  const { quorum, changes } = reign;
  await quorum.standingNow(confirmMs);
  if (record === undefined) await quorum.force([{ node: messenger.self, store: memory.storeId() }]);
  else if (quorum.changeable() === undefined) await force(quorum, record, node, { node: messenger.self, store: memory.storeId() });
  else if (!(await changes.drop(quorum, node)))
    throw new SupervmError('not-acknowledged', 'the remaining voters do not have all records yet', 'Try again in a few seconds.');
  const after = needs.voters();
  if (after === undefined || after.voters.some((voter) => voter.node === node && voter.store === listed))
    throw new SupervmError('disk-full', 'the new list of voters could not be stored', 'Make room and try again.');
  return after;
}

/**
 * A majority with one voter less still shares one with any majority before; with two less it need not, and what was settled could flip. So one
 * such change must be with a majority of its own before the next.
 */
async function force(quorum: Quorum, record: Voters, node: NodeId, self: Voter): Promise<void> {
  if (record.forced !== true) return quorum.force(withoutOrAlone(record, node, self));
  const others = record.voters.filter((voter) => voter.node !== self.node).map((voter) => voter.node);
  throw new SupervmError(
    'not-acknowledged',
    'the voter that was forgotten before is not yet forgotten by most of the others, and two at a time could undo what was settled',
    `Start one of these machines, or wait until it is reached: ${others.join(', ')}.`,
  );
}

/** Whose only voter is forgotten begins anew with the node that is asked. */
function withoutOrAlone({ voters }: Voters, node: NodeId, self: Voter): readonly Voter[] {
  const others = voters.filter((voter) => voter.node !== node);
  return others.length > 0 ? others : [self];
}
