/** Canonical bytes (CBOR as RFC 8949 wants it: keys sorted, shortest numbers) and digests of JSON values. Only what is hashed is written so. */
import { createHash } from 'node:crypto';
import type { Digest, JobId, JobRecord } from '../../src/model/job.ts';
import { canonicalBytes } from './canonical-cbor.ts';

/** `sha256` of the canonical bytes; the order of keys does not matter. Throws TypeError where `value` contains something that JSON does not have. */
export function digestOf(value: unknown): Digest {
  return createHash('sha256').update(canonicalBytes(value)).digest('hex');
}

/** A job's id is the digest of its whole record. */
export function jobIdOf(record: JobRecord): JobId {
  return digestOf(record);
}
