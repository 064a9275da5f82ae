/** How nodes hand blobs to each other: the one who wants bytes pulls them, a piece at a time. */
import * as z from 'zod';
import type { Protocol } from '../wire/messenger.ts';

/** Most bytes in one reply. */
export const pieceBytes = 512 * 1024;
/** Most blobs named in one request: about 130 bytes each in JSON, so far below a frame. */
export const blobsPerRequest = 2000;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.int().min(0);
const blob = z.strictObject({ digest, size });

const request = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('read'), digest, offset: size, length: z.int().min(1).max(pieceBytes) }),
  z.strictObject({ type: z.literal('locate'), digests: z.array(digest).max(blobsPerRequest) }),
  z.strictObject({ type: z.literal('hold'), blobs: z.array(blob).max(blobsPerRequest), from: z.array(z.string().max(200)).max(64) }),
]);

const reply = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('piece'), bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array) }),
  z.strictObject({ type: z.literal('missing') }),
  /** Positions in `digests` of those held. */
  z.strictObject({ type: z.literal('located'), held: z.array(size).max(blobsPerRequest) }),
  /** All of them are durable here. */
  z.strictObject({ type: z.literal('held') }),
  /** Still fetching; ask again. Bytes that have arrived so far since this node started: it grows while there is progress. */
  z.strictObject({ type: z.literal('holding'), arrived: size }),
]);

export type BlobRequest = z.infer<typeof request>;
export type BlobReply = z.infer<typeof reply>;

export const blobProtocol: Protocol<never, BlobRequest, BlobReply> = {
  id: '/supervm/blobs/1',
  message: z.never(),
  request,
  reply,
  maximumBytes: 1024 * 1024,
};
