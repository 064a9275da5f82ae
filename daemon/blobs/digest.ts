import { createHash } from 'node:crypto';
import { SupervmError } from '../../src/model/errors.ts';
import type { Digest } from '../../src/model/job.ts';
import type { Blob } from './blobs.ts';

const shape = /^[0-9a-f]{64}$/;

/** Digests become file names: whatever is not one must never get that far. */
export function isDigest(text: string): boolean {
  return shape.test(text);
}

export function digestOf(bytes: Uint8Array): Digest {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Sees the bytes of a blob pass by and says at the end whether they were the right ones. */
export class BlobCheck {
  readonly #hash = createHash('sha256');
  readonly #expected: Blob;
  #size = 0;

  constructor(expected: Blob) {
    this.#expected = expected;
  }

  /** At most 1 MiB at a time, so that the loop is not held up. Throws `output-invalid` when there are more bytes than expected. */
  add(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.#size > this.#expected.size) throw this.#wrong(`more than ${this.#expected.size} bytes`);
    this.#hash.update(bytes);
  }

  /** Throws `output-invalid` when size or digest differ. Call once. */
  finish(): void {
    if (this.#size !== this.#expected.size) throw this.#wrong(`${this.#size} bytes instead of ${this.#expected.size}`);
    const digest = this.#hash.digest('hex');
    if (digest !== this.#expected.digest) throw this.#wrong(`the digest ${digest}`);
  }

  #wrong(what: string): SupervmError {
    return new SupervmError('output-invalid', `blob ${this.#expected.digest.slice(0, 12)} arrived with ${what}`);
  }
}
