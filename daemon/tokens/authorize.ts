/** Whose token is this? Pure: the same on every node that holds the same facts. */
import type { TokenCreated } from '../../src/model/cluster-facts.ts';
import type { ClusterState } from '../../src/model/cluster-state.ts';
import { isWholeToken, tokenHash } from './token-text.ts';

export type Authorization =
  | { readonly token: TokenCreated }
  /** For the log and the audit; whoever showed it is not told which. */
  | { readonly reason: 'malformed' | 'unknown' | 'revoked' | 'expired' };

/**
 * `now`: Unix milliseconds. Looks the hash up, however many tokens there were: the time that takes tells at most of the hash, from which nobody
 * comes to a text. Where lying members gave one hash to several tokens, one that was revoked decides.
 */
export function authorize(
  text: string,
  { tokens, tokenIds, revokedTokens }: Pick<ClusterState, 'tokens' | 'tokenIds' | 'revokedTokens'>,
  now: number,
): Authorization {
  const ids = [...(tokenIds.get(tokenHash(text)) ?? [])];
  if (ids.length === 0) return { reason: isWholeToken(text) ? 'unknown' : 'malformed' };
  if (ids.some((id) => revokedTokens.has(id))) return { reason: 'revoked' };
  const token = ids.map((id) => tokens.get(id)).find((each) => each !== undefined && now < each.expires);
  return token === undefined ? { reason: 'expired' } : { token };
}
