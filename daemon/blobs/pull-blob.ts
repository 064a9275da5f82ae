/** Brings one blob from a list of peers onto the disk: piece by piece from one, going on with the next where the last one failed. */
import type { NodeId } from '../../src/model/job.ts';
import type { Blob, BlobDisk } from './blobs.ts';
import { pieceBytes } from './protocol.ts';

/** Reads requested ahead of the one that is being written. */
const readAhead = 4;

export interface PullNeeds {
  readonly disk: BlobDisk;
  /** A piece of the blob from `peer`; undefined when it does not hold it; rejects when it cannot be reached. */
  read(peer: NodeId, offset: number, length: number): Promise<Uint8Array | undefined>;
  /** Called for every piece written. */
  arrived(bytes: number): void;
}

/** The disk's own failure: no other peer can help. */
export class DiskFailure extends Error {}

/**
 * True when the blob is durable here, false when none of `peers` could give all of it. Throws DiskFailure, or the signal's reason.
 * Pieces of several peers are put together; when the whole then has a wrong digest, each peer is tried alone.
 */
export async function pullBlob(blob: Blob, peers: readonly NodeId[], needs: PullNeeds, signal: AbortSignal): Promise<boolean> {
  const together = await pullFrom(blob, peers, needs, signal);
  if (together !== 'wrong' || peers.length < 2) return together === 'held';
  for (const peer of peers) if ((await pullFrom(blob, [peer], needs, signal)) === 'held') return true;
  return false;
}

async function pullFrom(blob: Blob, peers: readonly NodeId[], needs: PullNeeds, signal: AbortSignal): Promise<'held' | 'incomplete' | 'wrong'> {
  const incoming = await orDiskFailure(needs.disk.create(blob));
  let offset = 0;
  let whole = blob.size === 0;
  try {
    for (const peer of peers) {
      if (whole) break;
      for await (const piece of piecesFrom(peer, blob, offset, needs)) {
        signal.throwIfAborted();
        await orDiskFailure(incoming.write(piece));
        needs.arrived(piece.length);
        offset += piece.length;
      }
      whole = offset === blob.size;
    }
  } catch (error) {
    await incoming.discard();
    throw error;
  }
  if (!whole) {
    await incoming.discard();
    return 'incomplete';
  }
  return commit(incoming);
}

async function commit(incoming: Awaited<ReturnType<BlobDisk['create']>>): Promise<'held' | 'wrong'> {
  try {
    await incoming.commit();
    return 'held';
  } catch (error) {
    if (isWrongBytes(error)) return 'wrong';
    throw new DiskFailure('', { cause: error });
  }
}

function isWrongBytes(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'output-invalid';
}

async function orDiskFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new DiskFailure('', { cause });
  }
}

/** In order, with several requests outstanding; ends early when the peer lacks the blob, fails or sends a piece of a wrong length. */
async function* piecesFrom(peer: NodeId, blob: Blob, start: number, needs: PullNeeds): AsyncGenerator<Uint8Array> {
  const outstanding: { readonly length: number; readonly bytes: Promise<Uint8Array | undefined> }[] = [];
  let asked = start;
  for (;;) {
    while (outstanding.length < readAhead && asked < blob.size) {
      const length = Math.min(pieceBytes, blob.size - asked);
      const bytes = needs.read(peer, asked, length).catch(() => undefined);
      outstanding.push({ length, bytes });
      asked += length;
    }
    const next = outstanding.shift();
    if (next === undefined) return;
    const bytes = await next.bytes;
    if (bytes?.length !== next.length) return;
    yield bytes;
  }
}
