/**
 * The secret that the machines of one cluster share, and what is derived from it, as a file that only its owner reads. Of two kinds:
 * a *key file*, made for many machines, whose holders all certify themselves; and the key of a *founded* cluster, whose machines are
 * let in one by one, and whose secret may be replaced.
 */
import { createHash, generateKeySync, hkdfSync } from 'node:crypto';
import { SupervmError } from '../../src/model/errors.ts';
import { type AdminKey, type AdminKeyId, deriveAdminKey, isAdminKeyId } from './papers/admin-key.ts';

const headers = { file: 'supervm-cluster-key-1', founded: 'supervm-cluster-key-2' } as const;
const secretBytes = 32;
/** Secrets before the current one that are kept; in handshakes they end at their time. */
const mostEarlier = 16;

/** Mixed into the noise handshake: whoever lacks the secret cannot complete it. */
export interface Prologue {
  /** How both sides find the secret that they share; tells nothing of it. */
  readonly protocol: string;
  readonly bytes: Uint8Array;
  /** Unix milliseconds from which it is good no longer; absent for the current one. */
  readonly until?: number;
}

/** An admin key's word that another secret holds from now on. A secret. */
export interface SecretReplacement {
  readonly number: number;
  readonly secret: string;
  /** Unix milliseconds: so long the one before lets machines in that were off. */
  readonly until: number;
  readonly signedBy: AdminKeyId;
  /** base64url */
  readonly signature: string;
}

export interface ClusterKey {
  /** Names the cluster without giving the secret away: 64 lower-case hexadecimal digits. Known to members only. */
  readonly clusterId: string;
  /** SHA-256 of the cluster id, in hexadecimal: what strangers may see (mDNS announces its first 16 digits). */
  readonly publicHash: string;
  /** The current one first. */
  readonly prologues: readonly [Prologue, ...Prologue[]];
  /** The admin key from which all others have their right. */
  readonly root: AdminKeyId;
  /** Of a key file: whoever holds the file holds the root. */
  readonly fileAdmin?: AdminKey;
  /** 1 for the secret of the founding, one more for each that replaced it. */
  readonly number: number;
  /** By which the current secret replaced the one before; absent for the first. */
  readonly replacement?: SecretReplacement;
  /** What is derived from all secrets there were, the current one first: what was sealed with an earlier one can still be read. */
  readonly shared: readonly [Uint8Array, ...Uint8Array[]];
  /** As it stands in the file, without the end of its last line. */
  readonly text: string;
}

/** A new key for many machines, from the kernel's generator, as the text of its file. */
export function createClusterKeyText(): string {
  return `${headers.file} ${drawSecret()}\n`;
}

/** The key of a cluster that is being founded, as the text of its file. */
export function createFoundedKeyText(root: AdminKeyId): string {
  return `${headers.founded} ${drawSecret()} ${root} 1\n`;
}

/** A secret that can follow the current one. */
/** A secret that may follow the current one. */
export function drawSecret(): string {
  return generateKeySync('aes', { length: secretBytes * 8 })
    .export()
    .toString('base64url');
}

/** The text of the file once the current secret is replaced. */
export function withSecret(key: ClusterKey, { number, secret, until, signedBy, signature }: SecretReplacement): string {
  const [first = '', ...rest] = key.text.split('\n');
  const earlier = [`before ${first.split(' ')[1]} ${until}`, ...rest.filter((line) => line.startsWith('before '))].slice(0, mostEarlier);
  return [`${headers.founded} ${secret} ${key.root} ${number}`, `by ${signedBy} ${signature}`, ...earlier].join('\n');
}

/** What is handed to a machine that is let in; earlier secrets go along, for what was sealed with them. */
export function currentKeyText(key: ClusterKey): string {
  return key.text;
}

/** Those that handshakes take now. */
export function goodPrologues({ prologues: [current, ...earlier] }: ClusterKey, now: number): ClusterKey['prologues'] {
  return [current, ...earlier.filter(({ until = 0 }) => until > now)];
}

/** Reads the text of a key's file. Throws `usage` with what is wrong; `source` names the file in the message. */
export function parseClusterKey(text: string, source = 'the cluster key'): ClusterKey {
  const lines = text.trim().split('\n');
  const [word, encoded = '', root = '', number = '', ...rest] = (lines[0] ?? '').trim().split(/\s+/);
  const hint = 'A cluster key begins with supervm-cluster-key-; copy the whole file from a machine of the cluster.';
  if (word !== headers.file && word !== headers.founded) {
    const version = word?.startsWith('supervm-cluster-key-') === true;
    throw new SupervmError('usage', `${source} ${version ? `is of a kind this version cannot read (${word})` : 'is not a cluster key'}`, hint);
  }
  const isFile = word === headers.file;
  const secret = readSecret(encoded);
  const isWhole = isFile ? root === '' && lines.length === 1 : isAdminKeyId(root) && /^[1-9]\d{0,8}$/.test(number) && rest.length === 0;
  if (secret === undefined || !isWhole) throw new SupervmError('usage', `${source} is damaged: it must hold ${secretBytes} bytes in base64url`, hint);
  const clusterId = isFile ? sha256('supervm cluster id 1', secret) : sha256('supervm cluster id 2', root);
  const common = { clusterId, publicHash: sha256('supervm cluster id shown to strangers 1', clusterId) };
  if (isFile) {
    const fileAdmin = deriveAdminKey(secret, 'supervm admin key of a key file 1');
    // As versions before certificates call it.
    const prologue = { protocol: '/noise', bytes: prologueBytes(secret) };
    return { ...common, prologues: [prologue], shared: [prologue.bytes], root: fileAdmin.id, fileAdmin, number: 1, text: `${headers.file} ${encoded}` };
  }
  const current = { protocol: protocolOf(secret), bytes: prologueBytes(secret) };
  const [signed] = lines.filter((line) => line.startsWith('by '));
  const earlier = lines.filter((line, place) => place > 0 && line !== signed).map((line) => readEarlier(line, source));
  const [, signedBy = '', signature = ''] = signed?.trim().split(' ') ?? [];
  const until = earlier[0]?.until ?? 0;
  return {
    ...{ ...common, root, number: Number(number) },
    ...(signed === undefined ? {} : { replacement: { number: Number(number), secret: encoded, until, signedBy, signature } }),
    prologues: [current, ...earlier],
    shared: [current.bytes, ...earlier.map(({ bytes }) => bytes)],
    text: [`${headers.founded} ${encoded} ${root} ${number}`, ...lines.slice(1)].join('\n'),
  };
}

function readEarlier(line: string, source: string): Prologue {
  const [word, encoded = '', until = ''] = line.trim().split(' ');
  const secret = readSecret(encoded);
  if (word !== 'before' || secret === undefined || !/^\d{1,16}$/.test(until)) {
    throw new SupervmError('usage', `${source} is damaged in its line about an earlier secret`, 'Take the lines that begin with "before" out of it.');
  }
  return { protocol: protocolOf(secret), bytes: prologueBytes(secret), until: Number(until) };
}

function readSecret(encoded: string): Buffer | undefined {
  const secret = Buffer.from(encoded, 'base64url');
  return secret.length === secretBytes && secret.toString('base64url') === encoded ? secret : undefined;
}

function prologueBytes(secret: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', 'supervm noise prologue 1', 32));
}

function protocolOf(secret: Uint8Array): string {
  return `/supervm/noise/${Buffer.from(hkdfSync('sha256', secret, '', 'supervm name of a secret 1', 8)).toString('hex')}`;
}

function sha256(context: string, content: string | Uint8Array): string {
  return createHash('sha256').update(context).update('\0').update(content).digest('hex');
}
