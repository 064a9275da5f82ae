/** Whose token is this? Pure: the same on every node that holds the same facts. */
import { timingSafeEqual } from 'node:crypto';
import type { TokenCreated } from '../../src/model/cluster-facts.ts';
import type { ClusterState } from '../../src/model/cluster-state.ts';
import { isWholeToken, tokenHash } from './token-text.ts';

export type Authorization =
  | { readonly token: TokenCreated }
  /** For the log and the audit; whoever showed it is not told which. */
  | { readonly reason: 'malformed' | 'unknown' | 'revoked' | 'expired' };

/** `now`: Unix milliseconds. Compares with every token there is, so that the time it takes tells nothing of any of them. */
export function authorize(text: string, { tokens, revokedTokens }: Pick<ClusterState, 'tokens' | 'revokedTokens'>, now: number): Authorization {
  const hash = Buffer.from(tokenHash(text), 'hex');
  let found: TokenCreated | undefined;
  for (const token of tokens.values()) if (timingSafeEqual(hash, Buffer.from(token.hash, 'hex'))) found = token;
  if (found === undefined) return { reason: isWholeToken(text) ? 'unknown' : 'malformed' };
  if (revokedTokens.has(found.id)) return { reason: 'revoked' };
  return now < found.expires ? { token: found } : { reason: 'expired' };
}
