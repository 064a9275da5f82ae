/** A secret's value as it lies on disks and travels in facts: AES-256-GCM under a key of the cluster, bound to its name. */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Randomness } from '../clock.ts';

const algorithm = 'aes-256-gcm';
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

/** `shared`: what only machines of the cluster know. */
export function sealingKey(shared: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', shared, '', 'supervm secrets 1', 32));
}

/** base64url of version, nonce, ciphertext and tag. */
export function seal(key: Uint8Array, { name, value }: { readonly name: string; readonly value: string }, randomness: Randomness): string {
  const nonce = Buffer.from(randomness.hex(nonceBytes), 'hex');
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(boundTo(name));
  return Buffer.concat([Buffer.of(version), nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/** Tries one key after the other; undefined where none fits, or the bytes are not what was sealed under that name. */
export function unseal(keys: readonly Uint8Array[], { name, sealed }: { readonly name: string; readonly sealed: string }): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes[0] !== version || bytes.length < 1 + nonceBytes + tagBytes) return undefined;
  const nonce = bytes.subarray(1, 1 + nonceBytes);
  const content = bytes.subarray(1 + nonceBytes, -tagBytes);
  for (const key of keys) {
    const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(boundTo(name)).setAuthTag(bytes.subarray(-tagBytes));
    try {
      return Buffer.concat([decipher.update(content), decipher.final()]).toString('utf8');
    } catch {
      // Of another key: an earlier one, perhaps.
    }
  }
  return undefined;
}

function boundTo(name: string): Buffer {
  return Buffer.from(`supervm secret 1\0${name}`);
}
