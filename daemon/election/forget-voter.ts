/** An admin's word that a voter will not return: the one change of the voters that may be made without a majority. */
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId, Term } from '../../src/model/job.ts';
import { isVoter, type Voter, type Voters } from '../../src/model/voters.ts';
import type { ElectionNeeds } from './needs.ts';
import { electionProtocol } from './protocol.ts';
import type { Reign } from './reign.ts';

interface ForgetNeeds extends ElectionNeeds {
  readonly current: Term | undefined;
  voters(): Voters | undefined;
}

const answerMs = 15_000;
/** An idle coordinator's voters are asked anew: with a majority of them nothing needs to be forced. */
const confirmMs = 1_000;

export interface Forgetting {
  readonly node: NodeId;
  /** The person accepts that what was settled may be undone. */
  readonly acceptLoss: boolean;
}

/**
 * `reign`: this node's own, when it coordinates. Resolves with the record without the voter. Rejects with `node-not-found`, `not-allowed`, `no-coordinator`,
 * `not-acknowledged`, and with `could-undo`, unless that is accepted.
 */
export async function forgetVoter({ node, acceptLoss }: Forgetting, reign: Reign | undefined, needs: ForgetNeeds): Promise<Voters> {
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
    const request = { type: 'forget', node, ...(acceptLoss ? { acceptLoss } : {}) } as const;
    const reply = await messenger.request(current.node, electionProtocol, request, answerMs).catch(rethrowCause);
    if (reply.type === 'forgotten') return reply.voters;
    throw new SupervmError('no-coordinator', 'the coordinator does not answer', 'Try again in a few seconds.');
  }
  const self: Voter = { node: messenger.self, store: memory.storeId() };
  await reign.quorum.standingNow(confirmMs);
  if (record === undefined) await reign.quorum.force([self]);
  else if (!(await dropInOrder(node, reign, acceptLoss))) {
    if (record.forced === true && !acceptLoss) throw couldUndo(record, node, needs);
    await reign.quorum.force(withoutOrAlone(record, node, self));
  }
  const after = needs.voters();
  if (after === undefined || after.voters.some((voter) => voter.node === node && voter.store === listed))
    throw new SupervmError('disk-full', 'the new list of voters could not be stored', 'Make room and try again.');
  return after;
}

/** In the coordinator's own words. */
function rethrowCause(error: unknown): never {
  throw error instanceof SupervmError && error.cause instanceof SupervmError ? error.cause : error;
}

/** True when a majority did it; false when an admin's word must stand for that. */
async function dropInOrder(node: NodeId, { quorum, changes }: Reign, acceptLoss: boolean): Promise<boolean> {
  const hasMajority = quorum.quorate();
  if (quorum.changeable() !== undefined && (await changes.drop(quorum, node))) return true;
  if (!hasMajority || acceptLoss) return false;
  throw new SupervmError(
    'not-acknowledged',
    'the remaining voters do not have all records yet, or another change of them is under way',
    'Try again in a few seconds.',
  );
}

/**
 * A majority with one voter less still shares one with any majority before; with two less it need not, and what was settled could flip. So one
 * change must be known to be with a majority of its own before the next is forced, or a person says that it is lost anyway.
 */
function couldUndo({ voters }: Voters, node: NodeId, { messenger, membership }: ForgetNeeds): SupervmError {
  const nameOf = (id: NodeId): string => membership.member(id)?.facts.name ?? id.slice(-8);
  const away = voters.filter((voter) => voter.node !== messenger.self && membership.member(voter.node)?.reachability !== 'alive');
  const names = away.map((voter) => nameOf(voter.node)).join(', ');
  const anyway = `supervm node forget ${nameOf(node)} --accept-loss`;
  return new SupervmError(
    'could-undo',
    `the last change of the voters is not with most of them yet, so forgetting ${nameOf(node)} as well could undo what was settled: results and outcomes that only machines out of reach have are decided anew, and what must not happen twice may happen twice`,
    away.length > 0
      ? `Start one of these and try again: ${names}. Only if all of them are lost for good: ${anyway}`
      : `All voters are there, but too few of them vote: their disks fail, or were replaced. Mend the disks and try again. Only if what was on them is lost for good: ${anyway}`,
  );
}

/** Whose only voter is forgotten begins anew with the node that is asked. */
function withoutOrAlone({ voters }: Voters, node: NodeId, self: Voter): readonly Voter[] {
  const others = voters.filter((voter) => voter.node !== node);
  return others.length > 0 ? others : [self];
}
