/** What callers of the HTTP API send and get about tokens, secrets and the audit. */
import type { Audited, PersonRole } from '../model/cluster-facts.ts';
import type { HostId } from '../model/job.ts';

export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly role: PersonRole;
  readonly state: 'good' | 'revoked' | 'expired';
  /** The last characters of its text. */
  readonly ending: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly by: string;
}

export interface TokenRequest {
  /** Default: user. */
  readonly role?: PersonRole | undefined;
  /** Default: made of its id. */
  readonly name?: string | undefined;
  /** For how long it counts; default 90 days, at most ten years. */
  readonly seconds?: number | undefined;
}

export interface TokenReceipt {
  /** The whole text. A secret: this is the only time that it is told. */
  readonly token: string;
  readonly view: TokenView;
  /** Machines that know of it. */
  readonly copies: readonly HostId[];
}

/** After a change that everybody must hear of. */
export interface Spread {
  /** Machines that have it on disk; the others learn of it when they are back. */
  readonly copies: readonly HostId[];
  /** Names of known nodes that could not be told. */
  readonly notReached: readonly string[];
}

export interface RevokeReceipt extends Spread {
  readonly revoked: readonly TokenView[];
}

export interface SecretView {
  readonly name: string;
  /** Unix milliseconds. */
  readonly setAt: number;
  readonly by: string;
}

export interface SecretReceipt extends Spread {
  readonly name: string;
}

/** One line of the audit. */
export interface AuditView extends Omit<Audited, 'type'> {
  readonly nodeName: string;
}
