/** Before a claim: a claim that no voter would grant must not raise the term for everyone. */
import type { Voters } from '../../src/model/voters.ts';
import type { Messenger } from './needs.ts';
import { electionProtocol } from './protocol.ts';

const answerMs = 400;

/** Does a voter follow a coordinator that lives, though we do not see it? Voters that cannot be asked say nothing: a side without them goes on. */
export async function isHeldElsewhere(
  voters: Voters | undefined,
  { messenger }: { readonly messenger: Pick<Messenger, 'self' | 'connected' | 'request'> },
): Promise<boolean> {
  const connected = new Set(messenger.connected());
  const asked = (voters?.voters ?? [])
    .filter(({ node }) => connected.has(node))
    .map(({ node }) => messenger.request(node, electionProtocol, { type: 'look' }, answerMs).catch(() => undefined));
  const replies = await Promise.all(asked);
  return replies.some((reply) => reply?.type === 'seat' && reply.current !== undefined && reply.current.node !== messenger.self);
}
