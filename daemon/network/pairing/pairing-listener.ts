/** The inviting side: listens only while there is an invitation to answer for, speaks only the pairing protocol, and lets in whoever may come in. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { SupervmError } from '../../../src/model/errors.ts';
import type { NodeId } from '../../../src/model/job.ts';
import type { Clock, Randomness, Timer } from '../../clock.ts';
import { formatAddress, parseAddress } from '../addresses.ts';
import type { AdminKeyId } from '../papers/admin-key.ts';
import type { MachineRole } from '../papers/certificate.ts';
import { Approvals, type Waiting } from './approvals.ts';
import { type Invitation, Invitations, type InvitationTerms, type Refusal, unknownInvitation } from './invitations.ts';
import { formatInvite } from './invite-line.ts';
import { commitmentTo, join, lineReader, openDoor, pairingTls, pairingWords, reveal, say, type Welcome } from './pairing-protocol.ts';

/** A machine that asks to be let in. */
export interface Newcomer {
  readonly node: NodeId;
  readonly name: string;
  readonly role: MachineRole;
  /** The public half of a key that may become an admin key. */
  readonly adminKey: AdminKeyId;
}

export interface PairingNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** The address to listen at: where the daemon listens to no more, its door does not either. */
  readonly host: string;
  /** Where this node listens for peers, `host:port`. */
  addresses(): readonly string[];
  /** By which keys newcomers know this node; or why it may let nobody in. */
  standing(): { readonly inviter: AdminKeyId; readonly root: AdminKeyId } | { readonly reason: string };
  /** Makes the newcomer a member. */
  admit(newcomer: Newcomer): Omit<Welcome, 'kind' | 'addresses' | 'role'> | undefined;
  /** Somebody was let in from this address. */
  joined?(newcomer: Newcomer, address: string): void;
  /** Somebody was turned away. */
  refused?(refusal: Refusal, address: string, name: string | undefined): void;
}

export interface CreatedInvite {
  readonly id: string;
  /** To be carried to the other machine; a secret. */
  readonly line: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

export interface InvitationView {
  readonly state: 'open' | 'used' | 'expired';
  readonly usesLeft: number;
  readonly admitted: readonly string[];
  readonly waiting: readonly Waiting[];
}

const maximumConnections = 16;
/** Strangers of the local network must leave places for whoever holds the line. */
const mostFromOneAddress = 8;
/** That knock: a person compares the words of each. */
const mostWaitingAtOneAddress = 2;
/** For handshake and request together; and for a person to compare the words. */
const patienceMs = 10_000;
const personMs = 120_000;
/** Somebody looks after an invitation for so long after asking how it stands: only then newcomers of the local network may knock. */
const watchedMs = 5_000;
const longestRequest = 4096;

export class PairingListener {
  readonly #needs: PairingNeeds;
  readonly #invitations: Invitations;
  readonly #approvals = new Approvals();
  readonly #sockets = new Set<Socket>();
  /** Of connections that have not finished their handshake, by the other end. */
  readonly #strangers = new Map<string, Timer>();
  /** The invitation, or the door, whose key a client proved to know. */
  readonly #identities = new WeakMap<TLSSocket, string>();
  #watched: { readonly invitation: Invitation; readonly until: number } | undefined;
  #server: Promise<Server> | undefined;

  constructor(needs: PairingNeeds) {
    this.#needs = needs;
    this.#invitations = new Invitations(needs, () => void this.#close());
  }

  /** As long as this daemon runs. Throws `not-allowed` where this node may let nobody in. */
  async invite(terms: InvitationTerms): Promise<CreatedInvite> {
    const standing = this.#needs.standing();
    if ('reason' in standing) throw new SupervmError('not-allowed', standing.reason, 'On a machine with an admin key: supervm invite. See: supervm nodes');
    const { id, secret, expiresAt } = this.#invitations.create(terms);
    const port = await this.#port();
    const hosts = new Set(this.#needs.addresses().map((address) => parseAddress(address).host));
    const addresses = [...hosts].map((host) => formatAddress({ host, port }));
    return { id, line: formatInvite({ id, secret: secret.toString('hex'), addresses, ...standing }), expiresAt };
  }

  /** For whoever looks after the invitation. Undefined when it is not known (any more). */
  look(id: string): InvitationView | undefined {
    const invitation = this.#invitations.get(id);
    if (invitation === undefined) return undefined;
    const { usesLeft, isExpired, admitted } = invitation;
    const state = isExpired ? 'expired' : usesLeft === 0 ? 'used' : 'open';
    this.#watched = { invitation, until: this.#needs.clock.now() + watchedMs };
    return { state, usesLeft, admitted, waiting: this.#approvals.of(id) };
  }

  /** A person has compared the words. False where nobody waits by this name. */
  answer(id: string, isAdmitted: boolean): boolean {
    return this.#approvals.answer(id, isAdmitted);
  }

  /** The port at which newcomers of the local network may knock now; undefined while nobody would let them in. */
  async knocking(): Promise<number | undefined> {
    return this.#watchedNow() === undefined ? undefined : this.#port();
  }

  async stop(): Promise<void> {
    this.#invitations.stop();
    await this.#close();
  }

  #watchedNow(): Invitation | undefined {
    const watched = this.#watched;
    if (watched === undefined || watched.until < this.#needs.clock.now()) return undefined;
    return watched.invitation.isExpired || watched.invitation.usesLeft === 0 ? undefined : watched.invitation;
  }

  async #port(): Promise<number> {
    this.#server ??= this.#listen();
    return ((await this.#server).address() as AddressInfo).port;
  }

  async #listen(): Promise<Server> {
    const server = createServer({
      ...pairingTls,
      handshakeTimeout: patienceMs,
      pskCallback: (socket, id) => {
        this.#identities.set(socket, id);
        if (id === openDoor.identity) return this.#watchedNow() === undefined ? null : openDoor.psk;
        return this.#invitations.get(id)?.secret ?? null;
      },
    });
    server.maxConnections = maximumConnections;
    server.on('connection', (socket) => this.#watch(socket));
    server.on('secureConnection', (socket) => void this.#serve(socket));
    server.on('tlsClientError', (error, socket) => {
      const isWrong = (error as NodeJS.ErrnoException).code?.startsWith('ERR_SSL_') === true;
      const refusal: Refusal = isWrong ? { kind: 'unknown', reason: 'its secret is that of no invitation here' } : { kind: 'broken', reason: error.message };
      this.#needs.refused?.(refusal, socket.remoteAddress ?? '', undefined);
    });
    server.listen(0, this.#needs.host);
    await once(server, 'listening');
    return server;
  }

  /** Whoever says nothing is dropped. */
  #watch(socket: Socket): void {
    const fromThere = [...this.#sockets].filter(({ remoteAddress }) => remoteAddress === socket.remoteAddress);
    if (fromThere.length >= mostFromOneAddress) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    const end = endOf(socket);
    this.#strangers.set(
      end,
      this.#needs.clock.after(patienceMs, () => socket.destroy()),
    );
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#introduced(end);
      this.#sockets.delete(socket);
    });
  }

  #introduced(end: string): void {
    this.#strangers.get(end)?.cancel();
    this.#strangers.delete(end);
  }

  async #serve(socket: TLSSocket): Promise<void> {
    this.#introduced(endOf(socket));
    const address = socket.remoteAddress ?? '';
    const closed = new AbortController();
    socket.on('close', () => closed.abort());
    let name: string | undefined;
    const refuse = (refusal: Refusal): void => {
      this.#needs.refused?.(refusal, address, name);
      socket.end(`${JSON.stringify({ kind: 'refused', reason: refusal.reason })}\n`);
    };
    let late: Timer = this.#needs.clock.after(patienceMs, () => socket.destroy());
    try {
      const next = lineReader(socket, longestRequest);
      const request = join.parse(JSON.parse(await next()));
      name = request.name;
      const identity = this.#identities.get(socket) ?? '';
      const byKnocking = identity === openDoor.identity;
      const invitation = byKnocking ? this.#watchedNow() : this.#invitations.get(identity);
      const standing = this.#needs.standing();
      if ('reason' in standing) return refuse({ kind: 'void', reason: standing.reason });
      const refusal = this.#invitations.refusalOf(invitation);
      if (refusal !== undefined || invitation === undefined) return refuse(refusal ?? unknownInvitation);
      const inviter = this.#needs.randomness.hex(16);
      say(socket, { kind: 'challenge', nonce: inviter });
      const { nonce: newcomer } = reveal.parse(JSON.parse(await next()));
      late.cancel();
      late = this.#needs.clock.after(personMs, () => socket.destroy());
      if (commitmentTo(newcomer) !== request.commitment)
        return refuse({ kind: 'broken', reason: 'its numbers do not fit one another: somebody may sit between the two machines' });
      const words = pairingWords(socket, { newcomer, inviter });
      const waiting = { id: this.#needs.randomness.hex(8), invitation: invitation.id, name: request.name, address, words };
      let isAgreed = true;
      if (byKnocking || invitation.approve) {
        const before = this.#approvals.of(invitation.id).filter((other) => other.address === address);
        if (byKnocking && before.length >= mostWaitingAtOneAddress) return refuse({ kind: 'declined', reason: 'others wait to be let in already' });
        say(socket, { kind: 'wait' });
        isAgreed = await this.#approvals.ask(waiting, closed.signal);
      }
      // Nobody takes a use by asking: from here to the admission nothing waits.
      const over = this.#invitations.refusalOf(invitation);
      if (over !== undefined) return refuse(over);
      if (!isAgreed) return refuse({ kind: 'declined', reason: 'a person at the inviting machine refused' });
      if (!this.#admit(socket, request, invitation.role, address))
        return refuse({ kind: 'void', reason: 'this machine may not let it in: only members may be, where a key file makes them, and nobody who was removed' });
      this.#invitations.used(invitation, request.name);
      // Whoever waits still is told.
      if (invitation.usesLeft === 0) for (const { id } of this.#approvals.of(invitation.id)) this.#approvals.answer(id, false);
    } catch (error) {
      this.#needs.refused?.({ kind: 'broken', reason: error instanceof Error ? error.message : String(error) }, address, name);
      socket.destroy();
    } finally {
      late.cancel();
    }
  }

  #admit(socket: TLSSocket, { node, name, adminKey }: Omit<Newcomer, 'role'>, role: MachineRole, address: string): boolean {
    const newcomer = { node, name, role, adminKey };
    const welcome = this.#needs.admit(newcomer);
    if (welcome === undefined) return false;
    const message: Welcome = { kind: 'welcome', ...welcome, role, addresses: [...this.#needs.addresses()] };
    socket.end(`${JSON.stringify(message)}\n`);
    this.#needs.joined?.(newcomer, address);
    return true;
  }

  async #close(): Promise<void> {
    const server = await this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server === undefined) return;
    server.close();
    await once(server, 'close');
  }
}

function endOf({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`;
}
