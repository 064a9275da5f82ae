/** An admin says that a voter will not return. Nobody may have seen it since this node started, so it is also found by its id alone. */
import type { ForgetReceipt } from '../../src/api/requests.ts';
import type { NodeId } from '../../src/model/job.ts';
import { findNode } from './node-control.ts';
import type { ApiParts } from './parts.ts';

/** `acceptLoss`: though what was settled could be undone. */
export async function forgetNode({ needs, book }: ApiParts, text: string, acceptLoss: boolean): Promise<ForgetReceipt> {
  const { leadership, membership } = needs;
  const node = voterOf(text, leadership.voters()?.voters.map((voter) => voter.node) ?? []) ?? findNode(membership.members(), text).facts.id;
  const { voters } = await leadership.forget(node, acceptLoss);
  return { node, voters: voters.map((voter) => book.nameOf(voter.node)) };
}

function voterOf(text: string, voters: readonly NodeId[]): NodeId | undefined {
  const found = voters.filter((voter) => voter === text || (text.length >= 6 && voter.endsWith(text)));
  return found.length === 1 ? found[0] : undefined;
}
