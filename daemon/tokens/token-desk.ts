/** Makes, lists and revokes tokens, which are facts of the cluster. */
import { isPrintableName, type PersonRole, type TokenCreated } from '../../src/model/cluster-facts.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { HostId } from '../../src/model/job.ts';
import type { Clock, Randomness } from '../clock.ts';
import { authorize } from './authorize.ts';
import type { TokenRecords } from './needs.ts';
import { drawToken, tokenEnding, tokenHash } from './token-text.ts';

const usualSeconds = 90 * 86_400;
/** How long whoever makes or revokes one waits for more machines to have it on disk; it is on this one before. */
const copiesWaitMs = 2_000;

export interface TokenStanding {
  readonly token: TokenCreated;
  readonly state: 'good' | 'revoked' | 'expired';
}

export class TokenDesk {
  readonly #needs: { readonly clock: Clock; readonly randomness: Randomness; readonly journal: TokenRecords };

  constructor(needs: { readonly clock: Clock; readonly randomness: Randomness; readonly journal: TokenRecords }) {
    this.#needs = needs;
  }

  /** `text` is told here and nowhere else. Throws `bad-setting` for a name that cannot be used, `name-taken` where a good token has it. */
  async create(
    {
      role = 'user',
      name,
      seconds = usualSeconds,
    }: { readonly role?: PersonRole | undefined; readonly name?: string | undefined; readonly seconds?: number | undefined },
    by: string,
  ): Promise<TokenStanding & { readonly text: string; readonly copies: readonly HostId[] }> {
    const { clock, randomness, journal } = this.#needs;
    const id = randomness.hex(8);
    const called = name ?? `token-${id.slice(0, 6)}`;
    if (!isPrintableName(called))
      throw new SupervmError('bad-setting', 'The name of a token has 1 to 64 printable characters, without spaces around it.', 'Give another one: --name NAME');
    if (this.list().some(({ token, state }) => state === 'good' && token.name === called))
      throw new SupervmError(
        'name-taken',
        `There is a token called ${called}.`,
        `Give another one a name of its own, or revoke it first: supervm token revoke ${called}`,
      );
    const text = drawToken(randomness);
    const at = clock.wall();
    const token: TokenCreated = {
      ...{ type: 'token-created', at, id, hash: tokenHash(text), role, name: called },
      ...{ expires: at + seconds * 1000, by, ending: tokenEnding(text) },
    };
    const { copies } = await journal.appendCluster(token, copiesWaitMs);
    return { token, state: 'good', text, copies };
  }

  /** The newest first; revoked and expired ones too. */
  list(): readonly TokenStanding[] {
    const { clock, journal } = this.#needs;
    const { tokens, revokedTokens } = journal.cluster();
    const now = clock.wall();
    const standing = (token: TokenCreated): TokenStanding['state'] => (revokedTokens.has(token.id) ? 'revoked' : now < token.expires ? 'good' : 'expired');
    return [...tokens.values()].sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1)).map((token) => ({ token, state: standing(token) }));
  }

  /** By its id, the beginning of it (at least four digits), or its name; every good one of that name. Throws `token-not-found`, also for one that is revoked already. */
  async revoke(text: string): Promise<{ readonly revoked: readonly TokenStanding[]; readonly copies: readonly HostId[] }> {
    const { clock, journal } = this.#needs;
    const open = this.list().filter(({ state }) => state !== 'revoked');
    const named = open.filter(({ token }) => token.name === text);
    const found = named.length > 0 ? named : open.filter(({ token }) => /^[0-9a-f]{4,16}$/.test(text) && token.id.startsWith(text));
    if (found.length === 0) throw new SupervmError('token-not-found', `No token that counts is called ${text}.`, 'See: supervm token ls');
    if (named.length === 0 && found.length > 1)
      throw new SupervmError('token-not-found', `Several tokens have an id that begins with ${text}.`, 'Give more of it; see: supervm token ls');
    const stored = await Promise.all(found.map(({ token }) => journal.appendCluster({ type: 'token-revoked', at: clock.wall(), id: token.id }, copiesWaitMs)));
    const [first, ...rest] = stored.map(({ copies }) => copies);
    const copies = (first ?? []).filter((host) => rest.every((others) => others.includes(host)));
    return { revoked: found.map(({ token }) => ({ token, state: 'revoked' })), copies };
  }

  /** Whose token it is; undefined for one that does not count. */
  authorize(text: string, now: number): { readonly name: string; readonly role: PersonRole } | undefined {
    const found = authorize(text, this.#needs.journal.cluster(), now);
    return 'token' in found ? { name: found.token.name, role: found.token.role } : undefined;
  }
}
