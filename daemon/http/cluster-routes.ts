/** Routes about the cluster itself: tokens, secrets, and the audit of who did what. */
import type { AuditView, SecretView, Spread, TokenView } from '../../src/api/cluster-views.ts';
import type { HostId } from '../../src/model/job.ts';
import type { Answers } from './api-service.ts';
import type { TokenDesk } from './needs.ts';
import { namesNotReached } from './node-views.ts';
import type { ApiParts } from './parts.ts';

type Route = 'tokens' | 'createToken' | 'revokeToken' | 'secrets' | 'setSecret' | 'removeSecret' | 'audit';

/** Lines that one answer holds when nobody says how many. */
const usualLines = 1_000;

export function clusterRoutes({ needs, book }: ApiParts): Pick<Answers, Route> {
  const { tokens, secrets, journal, membership } = needs;
  const spread = (copies: readonly HostId[]): Spread => ({ copies, notReached: namesNotReached(membership.members()) });
  return {
    tokens: async () => tokens.list().map(tokenView),
    createToken: async ({ body, caller }) => {
      const { text, copies, ...standing } = await tokens.create(body ?? {}, caller.who);
      return { token: text, view: tokenView(standing), copies };
    },
    revokeToken: async ({ params }) => {
      const { revoked, copies } = await tokens.revoke(params.token);
      return { revoked: revoked.map(tokenView), ...spread(copies) };
    },
    secrets: async () => secrets.list().map(({ name, at, by }): SecretView => ({ name, setAt: at, by })),
    setSecret: async ({ params, body, caller }) => ({ name: params.secret, ...spread(await secrets.set(params.secret, body.value, caller.who)) }),
    removeSecret: async ({ params }) => ({ name: params.secret, ...spread(await secrets.remove(params.secret)) }),
    audit: async ({ query }) => {
      await book.refresh();
      const since = Number(query.since ?? 0);
      const lines = [...journal.cluster().audit.values()].flat();
      const chosen = lines.filter(({ at, who }) => at >= since && (query.who === undefined || who.includes(query.who)));
      return chosen
        .sort((a, b) => a.at - b.at || (a.node < b.node ? -1 : 1))
        .slice(-Number(query.limit ?? usualLines))
        .map(({ type: _, ...line }): AuditView => ({ ...line, nodeName: book.nameOf(line.node) }));
    },
  };
}

function tokenView({ token: { id, name, role, ending, at, expires, by }, state }: ReturnType<TokenDesk['list']>[number]): TokenView {
  return { id, name, role, state, ending, createdAt: at, expiresAt: expires, by };
}
