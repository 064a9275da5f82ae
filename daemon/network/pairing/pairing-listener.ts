/** The inviting side: listens only while there is an invitation to answer for, and lets in whoever proves to know its secret, once. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { SupervmError } from '../../../src/model/errors.ts';
import type { Clock, Randomness, Timer } from '../../clock.ts';
import { formatAddress, parseAddress } from '../addresses.ts';
import { formatInvite } from './invite-line.ts';
import { join, pairingTls, readLine } from './pairing-protocol.ts';

export interface PairingOptions {
  readonly clusterName: string;
  /** The text of the key file. */
  readonly clusterKeyText: string;
}

export interface PairingNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Where this node listens for peers, `host:port`. */
  addresses(): readonly string[];
  /** Somebody was let in; `name` is what that machine calls itself. */
  joined?(name: string): void;
  /** Somebody was turned away. */
  refused?(reason: string): void;
}

export interface CreatedInvite {
  /** To be carried to the other machine; a secret. */
  readonly line: string;
  readonly validMinutes: number;
}

interface Invitation {
  readonly secret: Buffer;
  state: 'open' | 'used' | 'expired';
}

const validMinutes = 15;
const validMs = validMinutes * 60_000;
/** A used or expired invitation is remembered for so long, so that a second use is told why it fails. */
const rememberedMs = 15 * 60_000;
const maximumInvitations = 64;
const maximumConnections = 16;
/** For handshake and request together. */
const patienceMs = 10_000;

export class PairingListener {
  readonly #options: PairingOptions;
  readonly #needs: PairingNeeds;
  readonly #invitations = new Map<string, Invitation>();
  readonly #timers = new Set<Timer>();
  readonly #sockets = new Set<Socket>();
  /** The invitation that a client proved to know. */
  readonly #identities = new WeakMap<TLSSocket, string>();
  #server: Promise<Server> | undefined;

  constructor(options: PairingOptions, needs: PairingNeeds) {
    this.#options = options;
    this.#needs = needs;
  }

  /** Valid for 15 minutes, for one machine, as long as this daemon runs. */
  async invite(): Promise<CreatedInvite> {
    if (this.#invitations.size >= maximumInvitations) {
      throw new SupervmError('not-allowed', `${maximumInvitations} invitations are open already`, 'Use them, or wait until they expire.');
    }
    const id = this.#needs.randomness.hex(8);
    const secret = this.#needs.randomness.hex(16);
    const invitation: Invitation = { secret: Buffer.from(secret, 'hex'), state: 'open' };
    this.#invitations.set(id, invitation);
    this.#after(validMs, () => {
      if (invitation.state === 'open') invitation.state = 'expired';
    });
    this.#after(validMs + rememberedMs, () => void this.#forget(id));
    this.#server ??= this.#listen();
    const { port } = (await this.#server).address() as AddressInfo;
    const hosts = new Set(this.#needs.addresses().map((address) => parseAddress(address).host));
    return { line: formatInvite({ id, secret, addresses: [...hosts].map((host) => formatAddress({ host, port })) }), validMinutes };
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#invitations.clear();
    await this.#close();
  }

  async #listen(): Promise<Server> {
    const server = createServer({
      ...pairingTls,
      handshakeTimeout: patienceMs,
      pskCallback: (socket, id) => {
        this.#identities.set(socket, id);
        return this.#invitations.get(id)?.secret ?? null;
      },
    });
    server.maxConnections = maximumConnections;
    server.on('connection', (socket) => this.#watch(socket));
    server.on('secureConnection', (socket) => void this.#serve(socket));
    server.on('tlsClientError', (error) => this.#needs.refused?.(error.message));
    server.listen(0, '0.0.0.0');
    await once(server, 'listening');
    return server;
  }

  /** A client that says nothing is dropped. */
  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    const timer = this.#after(patienceMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      timer.cancel();
      this.#timers.delete(timer);
      this.#sockets.delete(socket);
    });
  }

  async #serve(socket: TLSSocket): Promise<void> {
    try {
      const request = join.parse(JSON.parse(await readLine(socket)));
      const reason = this.#use(this.#identities.get(socket) ?? '');
      if (reason !== undefined) this.#needs.refused?.(reason);
      const { clusterName, clusterKeyText } = this.#options;
      const welcome = { kind: 'welcome', clusterKey: clusterKeyText, clusterName, addresses: this.#needs.addresses() };
      socket.end(`${JSON.stringify(reason === undefined ? welcome : { kind: 'refused', reason })}\n`);
      if (reason === undefined) this.#needs.joined?.(request.name);
    } catch (error) {
      this.#needs.refused?.(error instanceof Error ? error.message : String(error));
      socket.destroy();
    }
  }

  /** Why the invitation cannot be used; undefined when it could, and now is used. */
  #use(id: string): string | undefined {
    const invitation = this.#invitations.get(id);
    if (invitation === undefined) return 'the invitation is not known';
    if (invitation.state !== 'open') return `the invitation ${invitation.state === 'used' ? 'was used already' : 'has expired'}`;
    invitation.state = 'used';
    return undefined;
  }

  async #forget(id: string): Promise<void> {
    this.#invitations.delete(id);
    if (this.#invitations.size === 0) await this.#close();
  }

  async #close(): Promise<void> {
    const server = await this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server === undefined) return;
    server.close();
    await once(server, 'close');
  }

  #after(milliseconds: number, run: () => void): Timer {
    const timer = this.#needs.clock.after(milliseconds, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return timer;
  }
}
