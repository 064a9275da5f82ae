/** Canonical bytes (CBOR as RFC 8949 wants it: keys sorted, shortest numbers) and digests of JSON values. Only what is hashed is written so. */
import { createHash } from 'node:crypto';
import { type EncodeOptions, encode, rfc8949EncodeOptions } from 'cborg';
import type { Digest, JobId, JobRecord } from '../../src/model/job.ts';

const options: EncodeOptions = {
  ...rfc8949EncodeOptions,
  typeEncoders: {
    // JSON would drop the key on the way to a peer, who would then compute another digest.
    undefined: () => {
      throw new TypeError('undefined has no canonical form: leave the key out');
    },
  },
};

/** Throws TypeError where `value` contains something that JSON does not have. */
function canonicalBytes(value: unknown): Uint8Array {
  return encode(value, options);
}

/** `sha256` of the canonical bytes; the order of keys does not matter. */
export function digestOf(value: unknown): Digest {
  return createHash('sha256').update(canonicalBytes(value)).digest('hex');
}

/** A job's id is the digest of its whole record. */
export function jobIdOf(record: JobRecord): JobId {
  return digestOf(record);
}
