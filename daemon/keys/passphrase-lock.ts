/**
 * `encryption.json`: the key of a home, wrapped by what scrypt makes of a passphrase. The home's key never changes, so that another passphrase is
 * one file written anew; what is encrypted with it stays as it is.
 */
import { scryptSync } from 'node:crypto';
import * as z from 'zod';
import { SupervmError } from '../../src/model/errors.ts';
import type { Randomness } from '../clock.ts';
import { sealBytes, unsealBytes } from './sealed-text.ts';

const format = 'supervm-encryption-1';
const keyBytes = 32;
const saltBytes = 16;
/** 64 MiB and 100 to 300 ms on a machine of today: what each guess costs whoever has the disk. */
const usual = { N: 2 ** 16, r: 8, p: 1 };
/** A file of somebody else's must not take all memory, nor a minute. */
const mostMemory = 1024 ** 3;
/** In characters. */
const shortest = 8;
const longest = 1024;

const stored = z.strictObject({
  format: z.literal(format),
  N: z
    .int()
    .min(2)
    .max(2 ** 22),
  r: z.int().min(1).max(32),
  p: z.int().min(1).max(16),
  salt: z.string().max(128),
  key: z.string().max(256),
});

type Parameters = Pick<z.infer<typeof stored>, 'N' | 'r' | 'p' | 'salt'>;

export function drawHomeKey(randomness: Randomness): Uint8Array {
  return Buffer.from(randomness.hex(keyBytes), 'hex');
}

/** Throws `usage` for one that nobody should use. */
export function assertGoodPassphrase(passphrase: string): void {
  const length = [...passphrase].length;
  if (length >= shortest && length <= longest) return;
  throw new SupervmError('usage', `A passphrase has ${shortest} to ${longest} characters; this one has ${length}.`, 'Several random words are a good one.');
}

/** The text of the file. `cost`: for tests. */
export function lockKey(homeKey: Uint8Array, passphrase: string, randomness: Randomness, cost: Omit<Parameters, 'salt'> = usual): string {
  const parameters = { N: cost.N, r: cost.r, p: cost.p, salt: randomness.hex(saltBytes) };
  const key = sealBytes(wrapping(passphrase, parameters), boundTo(parameters), homeKey, randomness).toString('base64url');
  return `${JSON.stringify({ format, ...parameters, key })}\n`;
}

/** The home's key. Throws `passphrase-wrong`, or `usage` for a file that is none. */
export function unlockKey(text: string, passphrase: string, file: string): Uint8Array {
  const lock = parse(text, file);
  const homeKey = unsealBytes(wrapping(passphrase, lock), boundTo(lock), Buffer.from(lock.key, 'base64url'));
  if (homeKey?.length === keyBytes) return homeKey;
  // A bit of the file that has changed looks the same.
  const hint = 'Try again. If it is right for certain, restore encryption.json in its home from a backup.';
  throw new SupervmError('passphrase-wrong', 'This passphrase does not open the keys of this machine.', hint);
}

function parse(text: string, file: string): z.infer<typeof stored> {
  try {
    const lock = stored.parse(JSON.parse(text));
    // The last is scrypt's own condition.
    if (128 * lock.N * lock.r > mostMemory || (lock.N & (lock.N - 1)) !== 0 || lock.N >= 2 ** (16 * lock.r))
      throw new RangeError('no parameters of scrypt that are taken here');
    return lock;
  } catch (cause) {
    const hint = 'Restore it from a backup: without it nobody can open the keys of this machine.';
    throw new SupervmError('usage', `${file} is damaged, or of a kind that this version cannot read`, hint, { cause });
  }
}

function wrapping(passphrase: string, { N, r, p, salt }: Parameters): Buffer {
  // The same letters typed on two keyboards may come as different code points.
  return scryptSync(passphrase.normalize('NFKC'), Buffer.from(salt, 'hex'), keyBytes, { N, r, p, maxmem: 256 * (N + p + 2) * r });
}

function boundTo({ N, r, p, salt }: Parameters): Buffer {
  return Buffer.from(`${format}\0${N} ${r} ${p} ${salt}`);
}
