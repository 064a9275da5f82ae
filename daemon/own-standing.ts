/** Tells people how this machine stands with its cluster, where that is not as it should be: in the log when it is found, in `status` while it lasts. */
import type { MemberRemoved } from '../src/model/cluster-facts.ts';
import type { NodeId } from '../src/model/job.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log/log.ts';
import type { Papers } from './network/papers/papers.ts';

/** Peers refuse again at least this often. */
const lastsMs = 90_000;

const withoutPapers = {
  code: 'no-certificate',
  message: 'This machine has the secret of its cluster, but neither a certificate nor an admin key: the others refuse it.',
  hint: 'With the recovery code: supervm recover. Or remove cluster.key in its home, and have it invited: supervm invite there, supervm join here.',
};

export interface OwnStanding {
  /** A peer refuses this node. */
  refused(peer: NodeId, reason: string): void;
  problems(): readonly { readonly code: string; readonly message: string; readonly hint: string }[];
}

export function watchOwnStanding(
  { self, papers, isKeyFile }: { readonly self: NodeId; readonly papers: Papers; readonly isKeyFile: boolean },
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): OwnStanding {
  let last: { readonly reason: string; readonly peer: NodeId; readonly at: number } | undefined;
  const anew = isKeyFile
    ? 'Its id stays out for ever. To come back, an admin lets it: stop the daemon, delete node.key in its home, and start it again.'
    : 'Its id stays out for ever. To join anew, on a machine of the cluster: supervm invite. Here: supervm join. It comes back as a new node.';
  const tell = ({ at }: MemberRemoved): { readonly code: string; readonly message: string; readonly hint: string } => ({
    code: 'removed',
    message: `This machine was removed from the cluster on ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC; no other machine speaks with it.`,
    hint: anew,
  });
  const ownRemoval = (): MemberRemoved | undefined => papers.admins.removal(self);
  papers.onRemoved((removal) => {
    if (removal.node === self) log.error('this machine was removed from the cluster', { problem: tell(removal).message, hint: anew });
    else log.warn('a machine was removed from the cluster', { node: removal.node, by: removal.signedBy });
  });
  const removal = ownRemoval();
  if (removal !== undefined) log.error('this machine was removed from the cluster', { problem: tell(removal).message, hint: anew });
  return {
    refused(peer, reason) {
      if (last?.reason !== reason) log.error('another machine refuses this one', { peer, reason });
      last = { reason, peer, at: clock.now() };
    },
    problems() {
      const own = ownRemoval();
      if (own !== undefined) return [tell(own)];
      if (papers.shown() === undefined) return [withoutPapers];
      if (last === undefined || clock.now() - last.at > lastsMs) return [];
      return [
        {
          code: 'refused-by-peer',
          message: `The node ${last.peer.slice(-8)} refuses this machine: ${last.reason}.`,
          hint: 'A machine with an admin key renews certificates when it meets this one; otherwise: supervm invite there, supervm join here.',
        },
      ];
    },
  };
}
