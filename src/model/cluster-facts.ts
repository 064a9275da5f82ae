/**
 * One immutable statement about the cluster itself: who was removed, which tokens and secrets there are, who did what. They travel
 * in the same logs as facts about jobs, and what the cluster knows is their fold (cluster-state.ts). Removing a job never touches them.
 */
import type { Digest, NodeId } from './job.ts';

interface OfCluster {
  /** Unix milliseconds, for people only. */
  readonly at: number;
}

/** Signed by an admin key: whoever folds it verifies that first, and ignores it otherwise. */
interface Signed {
  /** Id of the admin key, at most 128 characters. */
  readonly signedBy: string;
  /** base64url, at most 256 characters. */
  readonly signature: string;
}

/** The node's certificates up to `serial` (all, without one) no longer count. Permanent. */
export interface MemberRemoved extends OfCluster, Signed {
  readonly type: 'member-removed';
  readonly node: NodeId;
  readonly serial?: number;
}

/** Another key that may sign certificates and removals. Permanent. */
export interface AdminAdded extends OfCluster, Signed {
  readonly type: 'admin-added';
  /** The public key, base64url, at most 128 characters. */
  readonly key: string;
  /** Whose it is; 1 to 64 printable characters. */
  readonly name: string;
}

/** What people may do, in this order. */
export type PersonRole = 'viewer' | 'user' | 'admin';

export interface TokenCreated extends OfCluster {
  readonly type: 'token-created';
  /** 16 lower-case hexadecimal digits, drawn when it is made; not part of the token's text. */
  readonly id: string;
  /** sha256 of the token's text: the text itself is nowhere. */
  readonly hash: Digest;
  readonly role: PersonRole;
  /** 1 to 64 printable characters. */
  readonly name: string;
  /** Unix milliseconds from which it no longer counts. */
  readonly expires: number;
  /** Who made it, in the words of the audit. */
  readonly by: string;
  /** The last four characters of its text, by which its owner knows it. */
  readonly ending: string;
}

/** Permanent. */
export interface TokenRevoked extends OfCluster {
  readonly type: 'token-revoked';
  readonly id: string;
}

/** A register by name: the last writer wins by (clock, node). */
interface OfSecret extends OfCluster {
  /** A letter or `_`, then letters, digits, `_`, `-` and `.`; at most 64 characters. It becomes the name of a file. */
  readonly name: string;
  /** Logical, above every one that its writer has seen (`nextClock` of the journal). */
  readonly clock: number;
  readonly node: NodeId;
}

export interface SecretSet extends OfSecret {
  readonly type: 'secret-set';
  /** Encrypted with a key of the cluster, base64url, at most 48 KiB. A value that is set anew or removed goes from every disk. */
  readonly sealed: string;
  readonly by: string;
}

export interface SecretRemoved extends OfSecret {
  readonly type: 'secret-removed';
}

/** Through which door somebody came: the unix socket, HTTP over TCP, another node's connection, the pairing listener. */
export type Door = 'socket' | 'http' | 'peer' | 'pairing';

/** What somebody did or tried, for people to read. Of each shelf's lines the newest are kept (`linesOfMachine`), older ones go from every disk. */
export interface AuditLine {
  /** `owner`, `token:NAME`, `session:...`, `node:NAME`, or an address; at most 160 characters. */
  readonly who: string;
  readonly door: Door;
  /** Two or three words with hyphens, as `job-submitted`; at most 64 characters. */
  readonly action: string;
  /** What it was done to, as a job's id or a token's name; at most 160 characters, may be empty. */
  readonly subject: string;
  readonly outcome: 'done' | 'refused' | 'failed';
  /** At most 500 characters. */
  readonly detail?: string;
  /** What a caller over HTTP may do; of others, and of whoever was not let in, nothing. */
  readonly role?: PersonRole;
}

export interface Audited extends OfCluster, AuditLine {
  readonly type: 'audited';
  /** The machine that saw it. */
  readonly node: NodeId;
}

export type ClusterFact = MemberRemoved | AdminAdded | TokenCreated | TokenRevoked | SecretSet | SecretRemoved | Audited;

/**
 * Lines of the audit that are kept of each machine on each of its shelves (`shelfOf` in cluster-state.ts): neither whoever knocks in vain nor callers
 * below admin push out what others did.
 */
export const linesOfMachine = 5_000;

/** Names of tokens, admins and the like: nothing in them can disturb a terminal or be taken for another name's end. */
export function isPrintableName(text: string): boolean {
  return text.length >= 1 && text.length <= 64 && text.trim() === text && isPrintable(text);
}

/** No control or format characters, no line ends, no halves of characters. */
export function isPrintable(text: string): boolean {
  return !/[\p{C}\p{Zl}\p{Zp}]/u.test(text);
}

/** Bounded and printable: whatever is not becomes `�`, what is too long ends in `…`. */
export function printable(text: string, most: number): string {
  const clean = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
  return clean.length <= most ? clean : `${clean.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

const secretName = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

export function isSecretName(text: string): boolean {
  return secretName.test(text);
}
