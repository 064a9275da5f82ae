/** A key file as it lies on disk once encrypted: one line, AES-256-GCM, bound to the file's name, so that one cannot be put in another's place. */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Randomness } from '../clock.ts';

const algorithm = 'aes-256-gcm';
const header = 'supervm-sealed-1';
const nonceBytes = 12;
const tagBytes = 16;

export function isSealedText(text: string): boolean {
  return text.startsWith('supervm-sealed-');
}

/** `key`: 32 bytes. `name`: of the file, without its folder. */
export function sealText(key: Uint8Array, name: string, text: string, randomness: Randomness): string {
  return `${header} ${sealBytes(derived(key), boundTo(name), Buffer.from(text), randomness).toString('base64url')}\n`;
}

/** Undefined where the key or the name is another, or a bit is. */
export function unsealText(key: Uint8Array, name: string, sealed: string): string | undefined {
  const [word, encoded = '', ...rest] = sealed.trim().split(' ');
  if (word !== header || rest.length > 0) return undefined;
  return unsealBytes(derived(key), boundTo(name), Buffer.from(encoded, 'base64url'))?.toString('utf8');
}

/** Nonce, ciphertext and tag. */
export function sealBytes(key: Uint8Array, bound: Uint8Array, bytes: Uint8Array, randomness: Randomness): Buffer {
  const nonce = Buffer.from(randomness.hex(nonceBytes), 'hex');
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(bound);
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

export function unsealBytes(key: Uint8Array, bound: Uint8Array, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < nonceBytes + tagBytes) return undefined;
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes }).setAAD(bound);
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function derived(key: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', 'supervm key files 1', 32));
}

function boundTo(name: string): Buffer {
  return Buffer.from(`supervm key file 1\0${name}`);
}
