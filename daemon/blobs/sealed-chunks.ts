/**
 * A blob as it lies on disk encrypted: a head with a salt, then chunks of 64 KiB, each AES-256-GCM with its tag under a key that is this file's alone. The nonce of a
 * chunk is its number and whether it is the last, so that none can be moved, left out or cut off, and any range can be read by its own chunks.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Randomness } from '../clock.ts';

const algorithm = 'aes-256-gcm';
export const chunkBytes = 64 * 1024;
const tagBytes = 16;
const saltBytes = 16;
const magic = Buffer.from('svmblob1');
export const headBytes = magic.length + saltBytes;
export const sealedChunkBytes = chunkBytes + tagBytes;

/** What blobs of this machine are encrypted with. */
export interface BlobSeal {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** False: what is encrypted is read, what is new lies in plain. */
  readonly writes: boolean;
  readonly randomness: Randomness;
}

/** A byte of the file that is not as it was written, or a file that is too short. */
export class DamagedChunk extends Error {}

/** Eight digits that tell the key from another and say nothing else of it: files of another key are left alone. */
export function sealName(key: Uint8Array): string {
  return derive(key, '', 'supervm name of a key of blobs 1', 4).toString('hex');
}

/** Chunks of a file of so many bytes, and the blob's own. Throws DamagedChunk for a length that no such file has. */
export function shapeOf(fileBytes: number): { readonly chunks: number; readonly size: number } {
  const chunks = Math.ceil((fileBytes - headBytes) / sealedChunkBytes);
  const size = fileBytes - headBytes - chunks * tagBytes;
  if (chunks < 1 || size < (chunks - 1) * chunkBytes) throw new DamagedChunk();
  return { chunks, size };
}

/** Takes a blob's bytes in any pieces and gives those of the file; holds one chunk back, which may be the last. */
export class Sealer {
  readonly head: Uint8Array;
  readonly #key: Uint8Array;
  readonly #chunk = Buffer.allocUnsafe(chunkBytes);
  #filled = 0;
  #number = 0;

  constructor({ key, randomness }: BlobSeal) {
    this.head = Buffer.concat([magic, Buffer.from(randomness.hex(saltBytes), 'hex')]);
    this.#key = fileKey(key, this.head);
  }

  /** May be empty. */
  add(bytes: Uint8Array): Buffer {
    const parts: Buffer[] = [];
    for (let offset = 0; offset < bytes.length; ) {
      if (this.#filled === chunkBytes) parts.push(...this.#seal(false));
      const piece = bytes.subarray(offset, offset + chunkBytes - this.#filled);
      this.#chunk.set(piece, this.#filled);
      this.#filled += piece.length;
      offset += piece.length;
    }
    return Buffer.concat(parts);
  }

  /** Call once. */
  finish(): Buffer {
    return Buffer.concat(this.#seal(true));
  }

  #seal(last: boolean): readonly Buffer[] {
    const cipher = createCipheriv(algorithm, this.#key, nonceOf(this.#number, last));
    const sealed = [cipher.update(this.#chunk.subarray(0, this.#filled)), cipher.final(), cipher.getAuthTag()];
    this.#number += 1;
    this.#filled = 0;
    return sealed;
  }
}

/** Of the file with this head. Throws DamagedChunk. */
export function chunkOpener(key: Uint8Array, head: Uint8Array): (sealed: Uint8Array, number: number, last: boolean) => Buffer {
  if (head.length !== headBytes || !magic.equals(head.subarray(0, magic.length))) throw new DamagedChunk();
  const own = fileKey(key, head);
  return (sealed, number, last) => {
    if (sealed.length < tagBytes) throw new DamagedChunk();
    const decipher = createDecipheriv(algorithm, own, nonceOf(number, last), { authTagLength: tagBytes }).setAuthTag(sealed.subarray(-tagBytes));
    const bytes = decipher.update(sealed.subarray(0, -tagBytes));
    try {
      decipher.final();
    } catch {
      throw new DamagedChunk();
    }
    return bytes;
  };
}

function nonceOf(number: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(number, 0, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

function fileKey(key: Uint8Array, head: Uint8Array): Buffer {
  return derive(key, head, 'supervm blob 1', 32);
}

function derive(key: Uint8Array, salt: Uint8Array | string, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, purpose, bytes));
}
