/** The joining side of an invitation. */
import { connect, type TLSSocket } from 'node:tls';
import { SupervmError } from '../../../src/model/errors.ts';
import type { Clock } from '../../clock.ts';
import { parseAddress } from '../addresses.ts';
import { parseInvite } from './invite-line.ts';
import { answer, pairingTls, readLine, type Welcome } from './pairing-protocol.ts';

export interface RedeemOptions {
  /** The text of the invitation. */
  readonly line: string;
  /** What this machine calls itself. */
  readonly name: string;
}

const patienceMs = 5000;
const newInvite = 'Run "supervm invite" on a machine of the cluster for a new one.';

/**
 * Asks the inviting node for the cluster key, over each of its addresses in turn. Throws `usage` on a damaged line,
 * `invite-refused` when it is used, expired or not known there, `peer-unreachable` when nobody answers.
 */
export async function redeemInvite(options: RedeemOptions, needs: { readonly clock: Clock }): Promise<Welcome> {
  const invite = parseInvite(options.line);
  const failures: string[] = [];
  for (const address of invite.addresses) {
    try {
      return await ask(address, options.name, invite.id, Buffer.from(invite.secret, 'hex'), needs.clock);
    } catch (error) {
      if (error instanceof SupervmError) throw error;
      failures.push(`${address}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const hint = `Is that machine on and its daemon running? An invitation ends after 15 minutes. ${newInvite}`;
  throw new SupervmError('peer-unreachable', `nobody answers for the invitation (${failures.join('; ')})`, hint);
}

async function ask(address: string, name: string, identity: string, psk: Buffer, clock: Clock): Promise<Welcome> {
  // Without certificates there is no name to check: the secret itself proves who answers.
  const socket = connect({ ...pairingTls, ...parseAddress(address), pskCallback: () => ({ identity, psk }), checkServerIdentity: () => undefined });
  const timer = clock.after(patienceMs, () => socket.destroy(new Error('no answer in time')));
  try {
    await secured(socket);
    socket.write(`${JSON.stringify({ kind: 'join', version: 1, name })}\n`);
    const reply = answer.parse(JSON.parse(await readLine(socket)));
    if (reply.kind === 'refused') throw new SupervmError('invite-refused', reply.reason, newInvite);
    return reply;
  } finally {
    timer.cancel();
    socket.destroy();
  }
}

/** A TLS alert means that somebody is there who does not know the invitation, or knows another secret for it. */
async function secured(socket: TLSSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on('secureConnect', resolve);
  socket.on('close', () => reject(new Error('the connection closed')));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    const alert = error.code?.startsWith('ERR_SSL_') === true;
    reject(alert ? new SupervmError('invite-refused', 'the invitation is not known there', newInvite, { cause: error }) : error);
  });
  await promise;
}
