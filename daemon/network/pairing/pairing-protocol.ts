/** What the two sides of an invitation say, one line of JSON each way, inside TLS whose key is the invitation's secret. */
import type { Socket } from 'node:net';
import * as z from 'zod';

/** No certificates on either side: both prove that they know the secret, and the key exchange is fresh every time. */
export const pairingTls = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

export const join = z.object({ kind: z.literal('join'), version: z.literal(1), name: z.string().max(256) });

export const answer = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('welcome'),
    clusterKey: z.string().max(1000),
    clusterName: z.string().max(256),
    /** Where the inviting node listens for peers. */
    addresses: z.array(z.string().max(300)).max(32),
  }),
  z.object({ kind: z.literal('refused'), reason: z.string().max(500) }),
]);

export type Welcome = Extract<z.infer<typeof answer>, { kind: 'welcome' }>;

const maximumLineBytes = 32 * 1024;

/** Rejects when the socket ends before its line did, or the line is too long. The caller bounds the time by destroying the socket. */
export function readLine(socket: Socket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end >= 0) resolve(text.slice(0, end));
    else if (text.length > maximumLineBytes) reject(new RangeError('the line is too long'));
  });
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('the connection closed')));
  return promise;
}
