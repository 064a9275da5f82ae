/** Who is let in over TCP, and as what: a token, a session's cookie, or a stranger with a one-time code. Whoever fails learns nothing but that. */
import type { IncomingMessage } from 'node:http';
import { routes } from '../../src/api/routes.ts';
import type { PersonRole } from '../../src/model/cluster-facts.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { Caller } from './caller.ts';
import type { Clock } from './needs.ts';
import { RateLimit } from './rate-limit.ts';
import type { Sessions } from './sessions.ts';

/** Knows the tokens of the cluster. */
export interface Tokens {
  /** Whose token this is at `now` (Unix milliseconds); undefined when it is none, was revoked or has expired. The time it takes must tell nothing of any token's text. */
  authorize(text: string, now: number): { readonly name: string; readonly role: PersonRole } | undefined;
}

export interface AdmissionNeeds {
  readonly clock: Clock;
  readonly tokens: Tokens;
  readonly sessions: Pick<Sessions, 'check' | 'isOpen'>;
}

export interface Admitted {
  readonly caller: Caller;
  /** For the answer, where the session's cookie is due for renewal. */
  readonly cookie?: string;
  /** What let the caller in may be revoked, run out or be closed while an answer is under way. */
  stillCounts(): boolean;
}

type Request = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders'> & { readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'> };

/** A token cannot be guessed at any speed; this keeps those who try from taking our time. Who has a good token is not held up by them. */
const refusedOfOne = { burst: 20, perSecond: 1 };
const refusedOfAll = { burst: 100, perSecond: 10 };
/** A page that shows everything asks for a dozen things at once. */
const callsOfOne = { burst: 200, perSecond: 50 };

export class Admission {
  readonly #needs: AdmissionNeeds;
  readonly #refusedOfOne: RateLimit;
  readonly #refusedOfAll: RateLimit;
  readonly #calls: RateLimit;

  constructor(needs: AdmissionNeeds) {
    this.#needs = needs;
    this.#refusedOfOne = new RateLimit(refusedOfOne, needs);
    this.#refusedOfAll = new RateLimit(refusedOfAll, needs);
    this.#calls = new RateLimit(callsOfOne, needs);
  }

  /** `cookieName`: under which this daemon's sessions are. Throws `not-authenticated`, `too-many-requests`, or `not-allowed` for a session without its proof. */
  async admit(request: Request, cookieName: string): Promise<Admitted> {
    const admitted = await this.#recognize(request, cookieName);
    if (admitted === undefined) throw this.refuse(request.socket.remoteAddress ?? '');
    if (!this.#calls.take(admitted.caller.who)) throw tooMany();
    return admitted;
  }

  /** What to answer to somebody at this address who showed nothing that counts. */
  refuse(address: string): SupervmError {
    const one = this.#refusedOfOne.take(address);
    const all = this.#refusedOfAll.take('');
    if (!one || !all) return tooMany();
    const hint = 'Send "Authorization: Bearer TOKEN" with a token of "supervm token create". On the machine itself: supervm api --curl PATH';
    return new SupervmError('not-authenticated', 'This needs a valid token.', hint);
  }

  async #recognize(request: Request, cookieName: string): Promise<Admitted | undefined> {
    const { clock, tokens, sessions } = this.#needs;
    const { authorization, cookie = '' } = request.headers;
    // Whatever else they bring, an old cookie too: the code alone decides.
    if (isForStrangers(request)) return { caller: stranger(request), stillCounts: () => true };
    if (authorization !== undefined) {
      const text = /^Bearer +(svm_[A-Za-z0-9_-]{1,200})$/i.exec(authorization)?.[1];
      if (text === undefined || headerCount(request, 'authorization') > 1) return undefined;
      const grant = tokens.authorize(text, clock.wall());
      if (grant === undefined) return undefined;
      const caller: Caller = { who: `token:${grant.name}`, door: 'http', role: grant.role };
      return { caller, stillCounts: () => tokens.authorize(text, clock.wall()) !== undefined };
    }
    const values = cookiesOf(cookie, cookieName);
    // Two of one name: one of them was put there by somebody else.
    if (values.length !== 1) return undefined;
    const looks = request.method === 'GET' || request.method === 'HEAD';
    const proof = looks ? undefined : { given: String(request.headers['x-supervm-session'] ?? '') };
    const session = await sessions.check(values[0] ?? '', proof);
    if (session === undefined) return undefined;
    const caller: Caller = { who: `session:${session.id.slice(0, 8)}`, door: 'http', role: session.role, session: session.id };
    const stillCounts = (): boolean => sessions.isOpen(session.id);
    return { caller, stillCounts, ...(session.renewed === undefined ? {} : { cookie: session.renewed }) };
  }
}

function stranger({ socket }: Request): Caller {
  return { who: socket.remoteAddress ?? 'unknown', door: 'http', role: undefined };
}

function isForStrangers({ method, url }: Request): boolean {
  return Object.values(routes).some((route) => route.role === 'code' && route.method === method && route.path === url);
}

function headerCount({ rawHeaders }: Request, name: string): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
}

function cookiesOf(header: string, name: string): readonly string[] {
  return header.split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at > 0 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : [];
  });
}

function tooMany(): SupervmError {
  return new SupervmError('too-many-requests', 'Too many requests.', 'Wait a moment.');
}
