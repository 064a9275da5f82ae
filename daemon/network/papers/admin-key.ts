/** A key that may certify machines and expel them: Ed25519, named by its public half. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hkdfSync, type KeyObject, sign, verify } from 'node:crypto';
import { SupervmError } from '../../../src/model/errors.ts';

/** The public half: 43 characters of base64url. */
export type AdminKeyId = string;

export interface AdminKey {
  readonly id: AdminKeyId;
  /** The line as it stands in a file, without its end. A secret. */
  readonly text: string;
  sign(bytes: Uint8Array): Buffer;
}

const header = 'supervm-admin-key-1';
const seedBytes = 32;
/** What PKCS #8 puts before the 32 bytes of an Ed25519 key (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');
export const signatureBytes = 64;

export function createAdminKey(): AdminKey {
  return adminKeyOf(generateKeyPairSync('ed25519').privateKey);
}

/** The same key for the same secret, everywhere. `purpose` keeps what is derived for different ends apart. */
export function deriveAdminKey(secret: Uint8Array, purpose: string): AdminKey {
  return adminKeyFrom(Buffer.from(hkdfSync('sha256', secret, '', purpose, seedBytes)));
}

/** Reads the text of a key file. Throws `usage` where it is none; `source` names the file in the message. */
export function parseAdminKey(text: string, source: string): AdminKey {
  const [word, encoded, ...rest] = text.trim().split(/\s+/);
  const seed = Buffer.from(encoded ?? '', 'base64url');
  if (word !== header || rest.length > 0 || seed.length !== seedBytes || seed.toString('base64url') !== encoded) {
    throw new SupervmError('usage', `the admin key of this machine, ${source}, is damaged`, 'Restore it from a backup, or delete it and type: supervm recover');
  }
  return adminKeyFrom(seed);
}

/** False for whatever is no signature of this key over these bytes, a key that is none included. */
export function isSignedBy(id: AdminKeyId, bytes: Uint8Array, signature: Uint8Array): boolean {
  const key = signature.length === signatureBytes ? publicKey(id) : undefined;
  return key !== undefined && verify(null, bytes, key, signature);
}

/** Is this 32 bytes in base64url, written in the one way there is? */
export function isAdminKeyId(id: string): boolean {
  const bytes = Buffer.from(id, 'base64url');
  return bytes.length === seedBytes && bytes.toString('base64url') === id;
}

function adminKeyFrom(seed: Buffer): AdminKey {
  return adminKeyOf(createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' }));
}

function adminKeyOf(key: KeyObject): AdminKey {
  const { d, x } = key.export({ format: 'jwk' });
  return { id: x as string, text: `${header} ${d}`, sign: (bytes) => sign(null, bytes, key) };
}

function publicKey(id: AdminKeyId): KeyObject | undefined {
  if (!isAdminKeyId(id)) return undefined;
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: id }, format: 'jwk' });
  } catch {
    return undefined;
  }
}
