/**
 * A code on paper that is worth an admin key: 128 bits and a checksum, in letters and digits that are hard to mistake (Crockford's base 32). It is printed
 * once; the cluster keeps only the public half of the key that follows from it.
 */
import { createHash } from 'node:crypto';
import { SupervmError } from '../../../src/model/errors.ts';
import { type AdminKey, deriveAdminKey } from './admin-key.ts';

const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** As people read them. */
const mistaken: { readonly [letter: string]: string } = { I: '1', L: '1', O: '0' };
const secretBits = 128;
const checkBits = 12;
const groupLength = 4;
const length = (secretBits + checkBits) / 5;

/** `secret`: 32 hexadecimal digits. Seven groups of four. */
export function formatRecoveryCode(secret: string): string {
  const bits = (BigInt(`0x${secret}`) << BigInt(checkBits)) | BigInt(checkOf(secret));
  const all = Array.from({ length }, (_, place) => digits[Number((bits >> BigInt(5 * (length - 1 - place))) & 31n)]);
  return Array.from({ length: length / groupLength }, (_, group) => all.slice(group * groupLength, (group + 1) * groupLength).join('')).join('-');
}

/** The key that the code is worth. Throws `usage` on one with a slip of the pen. */
export function recoveryKey(code: string): AdminKey {
  const letters = [...code.toUpperCase().replaceAll(/[\s-]/g, '')].map((letter) => digits.indexOf(mistaken[letter] ?? letter));
  const isWhole = letters.length === length && !letters.includes(-1);
  // Of a text as long as a book the sum would take as long as reading one.
  const bits = isWhole ? letters.reduce((sum, digit) => (sum << 5n) | BigInt(digit), 0n) : 0n;
  const secret = (bits >> BigInt(checkBits)).toString(16).padStart(secretBits / 4, '0');
  if (!isWhole || Number(bits & BigInt((1 << checkBits) - 1)) !== checkOf(secret)) {
    throw new SupervmError(
      'usage',
      'this is no recovery code: a letter is wrong, missing or too many',
      'It has seven groups of four letters and digits; I, L, O and U are never in it.',
    );
  }
  return deriveAdminKey(Buffer.from(secret, 'hex'), 'supervm recovery key 1');
}

function checkOf(secret: string): number {
  return createHash('sha256').update('supervm recovery code 1\0').update(secret).digest().readUInt16BE() & ((1 << checkBits) - 1);
}
