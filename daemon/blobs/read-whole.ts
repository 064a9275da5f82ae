import { createHash } from 'node:crypto';
import { SupervmError } from '../../src/model/errors.ts';
import type { Digest } from '../../src/model/job.ts';
import { pieceBytes } from './protocol.ts';

/** Only small blobs are ever held in memory. */
const mostBytes = 32 * 1024 * 1024;

/** All bytes of a blob whose size is not known, read until a short piece; undefined when there is none or what came is not that blob. */
export async function readWhole(digest: Digest, read: (offset: number, length: number) => Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
  const hash = createHash('sha256');
  const pieces: Uint8Array[] = [];
  for (let size = 0; ; ) {
    const piece = await read(size, pieceBytes);
    if (piece === undefined) return undefined;
    hash.update(piece);
    pieces.push(piece);
    size += piece.length;
    if (piece.length < pieceBytes) break;
    if (size > mostBytes) throw new SupervmError('tree-invalid', `blob ${digest.slice(0, 12)} is too large to be held in memory`);
  }
  return hash.digest('hex') === digest ? Buffer.concat(pieces) : undefined;
}
