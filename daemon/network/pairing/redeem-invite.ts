/** The joining side: by an invitation that was carried here, or by knocking at a machine of the local network whose words a person compares. */
import { connect, type TLSSocket } from 'node:tls';
import { SupervmError } from '../../../src/model/errors.ts';
import type { NodeId } from '../../../src/model/job.ts';
import type { Clock, Randomness } from '../../clock.ts';
import { parseAddress } from '../addresses.ts';
import type { AdminKeyId } from '../papers/admin-key.ts';
import { readCertificate } from '../papers/certificate.ts';
import { type Invite, parseInvite } from './invite-line.ts';
import { answer, challenge, commitmentTo, lineReader, openDoor, pairingTls, pairingWords, say, type Welcome } from './pairing-protocol.ts';

/** Who asks to be let in. */
export interface Asking {
  /** What this machine calls itself. */
  readonly name: string;
  readonly node: NodeId;
  /** The public half of a key that may become an admin key. */
  readonly adminKey: AdminKeyId;
}

export interface RedeemNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** A person at the other machine has to agree, and sees these words. */
  waiting?(words: string): void | Promise<void>;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

export interface KnockNeeds extends Omit<RedeemNeeds, 'waiting'> {
  /** A person compares the words with those at the other machine; false when they are not the same. */
  confirm(words: string): Promise<boolean>;
}

const patienceMs = 5000;
const personMs = 120_000;
const newInvite = 'Run "supervm invite" on a machine of the cluster for a new one.';

interface Door {
  readonly identity: string;
  readonly psk: Buffer;
}

/**
 * Asks the inviting node over each of its addresses in turn. Throws `usage` on a damaged line, `invite-refused` when it is used, expired or not known
 * there, or whoever answers is not who the invitation names; `peer-unreachable` when nobody answers.
 */
export async function redeemInvite(line: string, asking: Asking, needs: RedeemNeeds): Promise<Welcome> {
  const invite = parseInvite(line);
  const door = { identity: invite.id, psk: Buffer.from(invite.secret, 'hex') };
  const failures: string[] = [];
  for (const address of invite.addresses) {
    try {
      const welcome = await ask(address, door, asking, needs);
      assertInviter(welcome, invite);
      return welcome;
    } catch (error) {
      if (error instanceof SupervmError) throw error;
      failures.push(`${address}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const hint = `Is that machine on and its daemon running? An invitation ends by itself. ${newInvite}`;
  throw new SupervmError('peer-unreachable', `nobody answers for the invitation (${failures.join('; ')})`, hint);
}

/**
 * The door of a machine that somebody looks after. Nothing says who is there but the words, and anybody may answer in this network: so a person
 * compares them on this side too. Throws `invite-refused` when that person says no.
 */
export async function knock(address: string, asking: Asking, needs: KnockNeeds): Promise<Welcome> {
  let isConfirmed = false;
  const waiting = async (words: string): Promise<void> => {
    isConfirmed = await needs.confirm(words);
    if (!isConfirmed) throw notConfirmed();
  };
  try {
    const welcome = await ask(address, openDoor, asking, { ...needs, waiting });
    if (!isConfirmed) throw notConfirmed();
    return welcome;
  } catch (error) {
    if (error instanceof SupervmError) throw error;
    throw new SupervmError('peer-unreachable', `${address} did not let this machine in: ${(error as Error).message}`, 'Try again: supervm up', {
      cause: error,
    });
  }
}

/** The certificate was made for this machine a moment ago: who signed it holds the key. */
function assertInviter({ papers, admins }: Welcome, { inviter, root }: Invite): void {
  const { issuer, isGenuine } = readCertificate(papers.certificate);
  const isRight = isGenuine && issuer === inviter && (inviter === root || admins.some(({ key }) => key === inviter));
  if (!isRight) throw new SupervmError('invite-refused', 'whoever answered is not the machine that made the invitation', newInvite);
}

async function ask(address: string, door: Door, asking: Asking, needs: RedeemNeeds): Promise<Welcome> {
  const { clock, randomness, signal } = needs;
  const { identity, psk } = door;
  // Without certificates there is no name to check: the secret itself proves who answers, or the words do.
  const socket = connect({ ...pairingTls, ...parseAddress(address), pskCallback: () => ({ identity, psk }), checkServerIdentity: () => undefined });
  const end = (): void => void socket.destroy(new Error('no answer in time'));
  let timer = clock.after(patienceMs, end);
  signal?.addEventListener('abort', end);
  try {
    await secured(socket);
    const next = lineReader(socket);
    const newcomer = randomness.hex(16);
    say(socket, { kind: 'join', version: 2, ...asking, commitment: commitmentTo(newcomer) });
    const first = challengeOrRefusal(JSON.parse(await next()));
    say(socket, { kind: 'reveal', nonce: newcomer });
    const words = pairingWords(socket, { newcomer, inviter: first });
    let reply = answer.parse(JSON.parse(await next()));
    if (reply.kind === 'wait') {
      timer.cancel();
      timer = clock.after(personMs, end);
      await needs.waiting?.(words);
      reply = answer.parse(JSON.parse(await next()));
    }
    if (reply.kind === 'welcome') return reply;
    throw new SupervmError('invite-refused', reply.kind === 'refused' ? reply.reason : 'the inviting machine made no decision', newInvite);
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', end);
    socket.destroy();
  }
}

function notConfirmed(): SupervmError {
  return new SupervmError('invite-refused', 'nobody here has confirmed that both machines show the same words', 'Try again: supervm up');
}

function challengeOrRefusal(message: unknown): string {
  const refusal = answer.safeParse(message);
  if (refusal.success && refusal.data.kind === 'refused') throw new SupervmError('invite-refused', refusal.data.reason, newInvite);
  return challenge.parse(message).nonce;
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
