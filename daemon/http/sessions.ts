/**
 * Sessions of browsers: a one-time code, made over the unix socket, is exchanged for a short signed token in a cookie, which is renewed
 * while it is used. The key that signs is drawn when the first session is opened and is nowhere but in memory: a restart ends them all.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { CryptoKey } from 'jose';
import type { SessionView } from '../../src/api/requests.ts';
import type { PersonRole } from '../../src/model/cluster-facts.ts';
import { SupervmError } from '../../src/model/errors.ts';
import type { Clock, Randomness } from './needs.ts';

export interface SessionNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** What a cookie stands for. */
export interface OpenSession {
  readonly id: string;
  readonly role: PersonRole;
  /** What the cookie's value shall be from now on; undefined while the present one is young. */
  readonly renewed: string | undefined;
}

interface Code {
  readonly role: PersonRole;
  /** Monotonic milliseconds. */
  readonly until: number;
}

interface Kept {
  readonly role: PersonRole;
  readonly proof: string;
  /** Monotonic milliseconds. */
  readonly openedAt: number;
  until: number;
}

interface Keys {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

const codeMs = 60_000;
const sessionMs = 15 * 60_000;
/** A cookie older than this is replaced when it is used. */
const renewAfterMs = 60_000;
/** However much it is used. */
const longestMs = 12 * 60 * 60_000;
/** More codes or sessions than that push out the oldest. */
const most = 64;
const issuer = 'supervm';

export class Sessions {
  readonly #clock: Clock;
  readonly #randomness: Randomness;
  /** By the digest of the code: what is looked up is never compared with a secret byte by byte. */
  readonly #codes = new Map<string, Code>();
  readonly #kept = new Map<string, Kept>();
  #keys: Promise<Keys> | undefined;

  constructor({ clock, randomness }: SessionNeeds) {
    this.#clock = clock;
    this.#randomness = randomness;
  }

  makeCode(role: PersonRole): { readonly code: string; readonly expiresAt: number } {
    const code = `svml_${this.#randomness.hex(16)}`;
    keep(this.#codes, digestOf(code), { role, until: this.#clock.now() + codeMs });
    return { code, expiresAt: this.#clock.wall() + codeMs };
  }

  /** Undefined for a code that was used, is too old or never was. */
  async open(code: string): Promise<(SessionView & { readonly cookie: string }) | undefined> {
    const digest = digestOf(code);
    const found = this.#codes.get(digest);
    this.#codes.delete(digest);
    const now = this.#clock.now();
    if (found === undefined || found.until <= now) return undefined;
    const [id, proof] = [this.#randomness.hex(16), this.#randomness.hex(16)];
    const session = { role: found.role, proof, openedAt: now, until: now + sessionMs };
    const cookie = await this.#sign(id, found.role);
    keep(this.#kept, id, session);
    return { role: found.role, expiresAt: this.#clock.wall() + sessionMs, proof, cookie };
  }

  /** Undefined unless the cookie is one of ours and its session is open. `proof`: wanted of what changes something, undefined otherwise. */
  async check(cookie: string, proof: { readonly given: string } | undefined): Promise<OpenSession | undefined> {
    if (this.#keys === undefined) return undefined;
    const claims = await this.#verify(cookie);
    const session = claims === undefined ? undefined : this.#kept.get(claims.id);
    const now = this.#clock.now();
    if (claims === undefined || session === undefined || session.until <= now) return undefined;
    if (proof !== undefined && !isSame(proof.given, session.proof)) {
      throw new SupervmError(
        'not-allowed',
        'The session’s proof is missing.',
        'Send what opening the session answered as "proof" in the header x-supervm-session.',
      );
    }
    const isOld = this.#clock.wall() - claims.issuedAt >= renewAfterMs;
    if (!isOld) return { id: claims.id, role: session.role, renewed: undefined };
    session.until = Math.min(now + sessionMs, session.openedAt + longestMs);
    return { id: claims.id, role: session.role, renewed: await this.#sign(claims.id, session.role) };
  }

  isOpen(id: string): boolean {
    return (this.#kept.get(id)?.until ?? 0) > this.#clock.now();
  }

  close(id: string): boolean {
    return this.#kept.delete(id);
  }

  async #sign(id: string, role: PersonRole): Promise<string> {
    const { SignJWT } = await import('jose');
    const { privateKey } = await this.#ownKeys();
    const seconds = Math.floor(this.#clock.wall() / 1000);
    return await new SignJWT({ role })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(issuer)
      .setSubject(id)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + sessionMs / 1000)
      .sign(privateKey);
  }

  async #verify(cookie: string): Promise<{ readonly id: string; readonly issuedAt: number } | undefined> {
    const { jwtVerify } = await import('jose');
    const { publicKey } = await this.#ownKeys();
    try {
      const currentDate = new Date(this.#clock.wall());
      const { payload } = await jwtVerify(cookie, publicKey, { algorithms: ['EdDSA'], issuer, currentDate, requiredClaims: ['sub', 'iat', 'exp'] });
      return { id: payload.sub ?? '', issuedAt: (payload.iat ?? 0) * 1000 };
    } catch {
      // Whatever is wrong with it, whoever sent it is told the same.
      return undefined;
    }
  }

  #ownKeys(): Promise<Keys> {
    this.#keys ??= import('jose').then(({ generateKeyPair }) => generateKeyPair('EdDSA'));
    return this.#keys;
  }
}

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function isSame(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(digestOf(left)), Buffer.from(digestOf(right)));
}
