/** Before a claim: a claim that no voter would grant must not raise the term for everyone. */
import type { NodeId } from '../../src/model/job.ts';
import type { Voters } from '../../src/model/voters.ts';
import type { Membership, Messenger } from './needs.ts';
import { electionProtocol } from './protocol.ts';

const answerMs = 400;
/** ... and who seems lost only as long as one needs whose connection is so new that nothing was heard of it yet. */
const lostAnswerMs = 100;

/** Does a voter follow a coordinator that lives, though we do not see it? Voters that cannot be asked say nothing: a side without them goes on. */
export async function isHeldElsewhere(
  voters: Voters | undefined,
  needs: { readonly messenger: Pick<Messenger, 'self' | 'connected' | 'request'>; readonly membership: Pick<Membership, 'member'> },
): Promise<boolean> {
  const { messenger, membership } = needs;
  const connected = new Set(messenger.connected());
  const patience = (node: NodeId): number => (membership.member(node)?.reachability === 'unreachable' ? lostAnswerMs : answerMs);
  const asked = (voters?.voters ?? [])
    .filter(({ node }) => connected.has(node))
    .map(({ node }) => messenger.request(node, electionProtocol, { type: 'look' }, patience(node)).catch(() => undefined));
  const replies = await Promise.all(asked);
  return replies.some((reply) => reply?.type === 'seat' && reply.current !== undefined && reply.current.node !== messenger.self);
}
