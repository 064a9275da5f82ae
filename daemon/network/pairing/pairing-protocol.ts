/**
 * What the two sides of an invitation say, one line of JSON each, inside TLS whose key is the invitation's secret, or, on a local network where
 * nobody types one, a key that everybody knows. Then people compare words: both sides draw a number, the newcomer binds itself to
 * its own before it sees the other, and what the words are made of includes the keys of this very connection. Who sits between the two has
 * two connections, and one guess in 2^48 that both show the same words.
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import * as z from 'zod';
import { isAdminKeyId } from '../papers/admin-key.ts';
import { machineRoles } from '../papers/certificate.ts';
import { papersSchema } from '../papers/papers-shown.ts';
import { adminAddedSchema, isWellNamed, memberRemovedSchema } from '../papers/signed-facts.ts';
import { wordsOf } from './words.ts';

/** No certificates on either side: both prove that they know the secret, and the key exchange is fresh every time. */
export const pairingTls = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

/** Instead of the id of an invitation, with a key that is none: only for those who then compare words. */
export const openDoor = { identity: 'local-network', psk: Buffer.alloc(16) } as const;

const nonce = z.string().regex(/^[0-9a-f]{32}$/);

export const join = z.object({
  kind: z.literal('join'),
  version: z.literal(2),
  name: z.string().min(1).max(128),
  node: z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{20,80}$/),
  /** Of a key that the newcomer has drawn: it may become an admin key. */
  adminKey: z.string().refine(isAdminKeyId),
  commitment: z.string().regex(/^[0-9a-f]{64}$/),
});

export const challenge = z.object({ kind: z.literal('challenge'), nonce });
export const reveal = z.object({ kind: z.literal('reveal'), nonce });

const welcome = z.object({
  kind: z.literal('welcome'),
  clusterKey: z.string().max(4096),
  clusterName: z.string().max(256),
  papers: papersSchema,
  role: z.enum(machineRoles),
  /** All that the inviting node knows. */
  admins: z.array(adminAddedSchema.refine(isWellNamed)).max(64),
  removals: z.array(memberRemovedSchema).max(10_000),
  /** Where the inviting node listens for peers. */
  addresses: z.array(z.string().max(300)).max(32),
});

export const answer = z.discriminatedUnion('kind', [
  /** Somebody has to agree; the words are to be compared meanwhile. */
  z.object({ kind: z.literal('wait') }),
  welcome,
  z.object({ kind: z.literal('refused'), reason: z.string().max(500) }),
]);

export type Welcome = z.infer<typeof welcome>;

export function commitmentTo(drawn: string): string {
  return createHash('sha256').update('supervm pairing 1\0').update(drawn).digest('hex');
}

/** Six words. The same on both sides, unless somebody sits between them. */
export function pairingWords(socket: TLSSocket, drawn: { readonly newcomer: string; readonly inviter: string }): string {
  const secret = socket.exportKeyingMaterial(32, 'EXPORTER-supervm-pairing', Buffer.alloc(0));
  const digest = createHash('sha256').update('supervm pairing words 1\0').update(secret).update(`${drawn.newcomer} ${drawn.inviter}`).digest();
  return wordsOf(digest.subarray(0, 6));
}

const maximumLineBytes = 4 * 1024 * 1024;

/** One line after the other. Rejects when the socket ends before, or a line is longer than `most`. The caller bounds the time by destroying the socket. */
export function lineReader(socket: Socket, most = maximumLineBytes): () => Promise<string> {
  let text = '';
  let ended: Error | undefined;
  let waiting: PromiseWithResolvers<string> | undefined;
  const serve = (): void => {
    const end = text.indexOf('\n');
    if (waiting === undefined) return;
    if (end >= 0) {
      waiting.resolve(text.slice(0, end));
      text = text.slice(end + 1);
    } else if (text.length > most) waiting.reject(new RangeError('the line is too long'));
    else if (ended !== undefined) waiting.reject(ended);
    else return;
    waiting = undefined;
  };
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
    // What nobody waits for is not collected without bounds.
    if (text.length > 2 * most) socket.destroy(new RangeError('the line is too long'));
    serve();
  });
  const end = (error?: Error): void => {
    ended ??= error ?? new Error('the connection closed');
    serve();
  };
  socket.on('error', end);
  socket.on('close', () => end());
  return () => {
    const next = Promise.withResolvers<string>();
    waiting = next;
    serve();
    return next.promise;
  };
}

export function say(socket: Socket, message: object): void {
  socket.write(`${JSON.stringify(message)}\n`);
}
