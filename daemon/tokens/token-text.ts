/** The text of a token: `svm_`, 192 random bits, and a checksum by which scanners and people tell a whole one from anything else. */
import { createHash } from 'node:crypto';
import type { Digest } from '../../src/model/job.ts';
import type { Randomness } from '../clock.ts';

const prefix = 'svm_';
const drawnBytes = 24;
/** Characters of base64url, six bits each. */
const checksumLength = 6;
const shape = /^svm_[\w-]{38}$/;

export function drawToken(randomness: Randomness): string {
  const body = prefix + Buffer.from(randomness.hex(drawnBytes), 'hex').toString('base64url');
  return body + checksumOf(body);
}

/** Was it made by `drawToken` and copied whole? Says nothing of whether it counts. */
export function isWholeToken(text: string): boolean {
  return shape.test(text) && checksumOf(text.slice(0, -checksumLength)) === text.slice(-checksumLength);
}

/** What is stored of it. Plain sha256 is enough: nobody can try 2^192 texts. */
export function tokenHash(text: string): Digest {
  return createHash('sha256').update(text).digest('hex');
}

/** The characters by which its owner knows it; they are of the checksum. */
export function tokenEnding(text: string): string {
  return text.slice(-4);
}

function checksumOf(body: string): string {
  return createHash('sha256').update(`checksum of ${body}`).digest('base64url').slice(0, checksumLength);
}
