/** Routes about who belongs to the cluster: invitations, and the expulsion of a machine. */
import type { InvitationView } from '../../src/api/machines.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { Answers } from './api-service.ts';
import { findNode } from './node-control.ts';
import type { ApiParts } from './parts.ts';

type Route = 'invite' | 'invitation' | 'answerInvite' | 'removeNode' | 'recover' | 'rotateSecret';

export function machines({ needs, book }: ApiParts): Pick<Answers, Route> {
  const look = (id: string): InvitationView => {
    const view = needs.machines.look(id);
    if (view === undefined) throw new SupervmError('invite-refused', 'This invitation is not known here (any more).', 'For a new one: supervm invite');
    return view;
  };
  return {
    invite: ({ body }) => needs.machines.invite(body ?? {}),
    invitation: async ({ params }) => look(params.invite),
    answerInvite: async ({ params, body }) => {
      if (!needs.machines.answer(body.newcomer, body.admit))
        throw new SupervmError('node-not-found', 'Nobody waits to be let in by this id (any more).', 'On the other machine, try again: supervm up');
      return look(params.invite);
    },
    rotateSecret: ({ body, caller }) => needs.machines.rotate(body ?? {}, caller),
    recover: ({ body, caller }) => needs.machines.recover(body.code, caller),
    removeNode: async ({ params, caller }) => {
      const node = nodeOf(params.node, needs.membership.members());
      if (node === needs.membership.self)
        throw new SupervmError('not-allowed', 'A machine does not remove itself.', 'To stop it: supervm down. To remove it, type this on another machine.');
      const name = book.nameOf(node);
      return { ...(await needs.machines.expel(node, caller)), name };
    },
  };
}

/** A machine that nobody has seen for long is known by its whole id alone. */
function nodeOf(text: string, members: Parameters<typeof findNode>[0]): NodeId {
  return /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/.test(text) ? text : findNode(members, text).facts.id;
}
