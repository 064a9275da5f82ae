/** A secret's value as it lies on disks and travels in facts: AES-256-GCM under a key of the cluster, bound to its name. */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Randomness } from '../clock.ts';

const algorithm = 'aes-256-gcm';
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
/** Of base64url, in the order of texts. */
const digits = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
/** Characters that hold bits of the nonce alone: it lies in bits 8 to 104, six to a character. */
const firstOfNonce = 2;
const lastOfNonce = 16;

/** `shared`: what only machines of the cluster know. */
export function sealingKey(shared: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', shared, '', 'supervm secrets 1', 32));
}

/** base64url of version, nonce, ciphertext and tag. */
export function seal(key: Uint8Array, { name, value }: { readonly name: string; readonly value: string }, randomness: Randomness): string {
  return sealWith(Buffer.from(randomness.hex(nonceBytes), 'hex'), key, { name, value });
}

/**
 * The same value under the first key, when only a later one opens it; else undefined. Whoever does it makes the same of it, and it sorts before what it
 * was: a merge takes it in place of that, and of nothing that was set since.
 */
export function reseal(keys: readonly Uint8Array[], { name, sealed }: { readonly name: string; readonly sealed: string }): string | undefined {
  const [current, ...earlier] = keys;
  if (current === undefined || unseal([current], { name, sealed }) !== undefined) return undefined;
  const value = unseal(earlier, { name, sealed });
  const before = value === undefined ? undefined : textBefore(sealed);
  if (value === undefined || before === undefined) return undefined;
  // Drawn by chance once, so as good as drawn again: under this key nothing else has it.
  return sealWith(Buffer.from(before, 'base64url').subarray(1, 1 + nonceBytes), current, { name, value });
}

function sealWith(nonce: Uint8Array, key: Uint8Array, { name, value }: { readonly name: string; readonly value: string }): string {
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(boundTo(name));
  return Buffer.concat([Buffer.of(version), nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/** The next lower text in what of it is nonce and nothing else; undefined for the lowest of all, which chance never draws. */
function textBefore(sealed: string): string | undefined {
  for (let place = lastOfNonce; place >= firstOfNonce; place -= 1) {
    const digit = digits.indexOf(sealed[place] as string);
    if (digit > 0) return `${sealed.slice(0, place)}${digits[digit - 1]}${digits[63]?.repeat(lastOfNonce - place)}${sealed.slice(lastOfNonce + 1)}`;
  }
  return undefined;
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
