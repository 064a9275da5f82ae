/**
 * Who may come as far as the handshake. Whoever has not said a valid hello is a stranger: of strangers only some are here at one time and
 * come in one second, of one address and altogether, and the rest cost an accepted socket that is closed at once. One that hardly
 * says a word makes room for the next, so that honest machines get in while others knock.
 */
import type { Clock } from '../../clock.ts';
import { type Pace, TokenBucket } from '../../wire/token-bucket.ts';

/** Of a `net.Socket`, what is needed of it. */
export interface KnockingSocket {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly bytesRead: number;
  resetAndDestroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

export interface GateLimits {
  /** Strangers here at one time. Twenty daemons of one machine that start together are honest. */
  readonly waiting: number;
  readonly waitingOfOne: number;
  readonly pace: Pace;
  readonly paceOfOne: Pace;
}

export const gateLimits: GateLimits = {
  waiting: 96,
  waitingOfOne: 48,
  // A handshake takes one to two milliseconds of the processor.
  pace: { perSecond: 40, burst: 128 },
  paceOfOne: { perSecond: 32, burst: 96 },
};

/** So long after it came an honest machine has said something, and after the second time all that is needed. */
const silentMs = 500;
const slowMs = 2_000;
const mostAddresses = 1_024;

interface Guest {
  readonly socket: KnockingSocket;
  readonly host: string;
  readonly since: number;
}

export class StrangerGate {
  readonly #limits: GateLimits;
  readonly #clock: Clock;
  /** By address and port, in the order in which they came. */
  readonly #guests = new Map<string, Guest>();
  readonly #waitingOf = new Map<string, number>();
  readonly #paceOf = new Map<string, TokenBucket>();
  readonly #pace: TokenBucket;
  /** Addresses from which a member came: there the pace of all strangers together does not count. */
  readonly #members = new Set<string>();
  #refused = 0;

  constructor(limits: GateLimits, needs: { readonly clock: Clock }) {
    this.#limits = limits;
    this.#clock = needs.clock;
    this.#pace = new TokenBucket(limits.pace, needs.clock.now());
  }

  counts(): { readonly strangers: number; readonly refusedConnections: number } {
    return { strangers: this.#guests.size, refusedConnections: this.#refused };
  }

  /** Whose pace is known: however many knock, these stay few. */
  get addresses(): number {
    return this.#paceOf.size;
  }

  /** True when the handshake may begin; otherwise the socket is closed already. */
  enters(socket: KnockingSocket): boolean {
    const { remoteAddress, remotePort } = socket;
    // It has gone meanwhile.
    if (remoteAddress === undefined || remotePort === undefined) return this.#refuse(socket);
    const host = hostOf(remoteAddress);
    const now = this.#clock.now();
    if (!this.#isInPace(host, now) || !this.#hasRoom(host, now)) return this.#refuse(socket);
    const key = keyOf(remoteAddress, remotePort);
    const guest = { socket, host, since: now };
    this.#guests.set(key, guest);
    this.#waitingOf.set(host, (this.#waitingOf.get(host) ?? 0) + 1);
    socket.once('close', () => this.#leave(key, guest));
    return true;
  }

  /** It is no stranger: its hello was accepted. */
  admitted(remoteAddress: string, remotePort: number): void {
    const key = keyOf(remoteAddress, remotePort);
    const guest = this.#guests.get(key);
    if (guest === undefined) return;
    this.#leave(key, guest);
    this.#members.delete(guest.host);
    this.#members.add(guest.host);
    for (const oldest of this.#members) if (this.#members.size > mostAddresses) this.#members.delete(oldest);
  }

  #isInPace(host: string, now: number): boolean {
    let own = this.#paceOf.get(host);
    if (own === undefined) {
      if (this.#paceOf.size >= mostAddresses) for (const [known, pace] of this.#paceOf) if (pace.isFull(now)) this.#paceOf.delete(known);
      // More addresses at one time than any cluster has: they share what all strangers have.
      if (this.#paceOf.size >= mostAddresses) return this.#pace.tryTake(1, now);
      own = new TokenBucket(this.#limits.paceOfOne, now);
      this.#paceOf.set(host, own);
    }
    return own.tryTake(1, now) && (this.#members.has(host) || this.#pace.tryTake(1, now));
  }

  #hasRoom(host: string, now: number): boolean {
    const { waiting, waitingOfOne } = this.#limits;
    if ((this.#waitingOf.get(host) ?? 0) >= waitingOfOne) return this.#makesRoom(now, host);
    return this.#guests.size < waiting || this.#makesRoom(now, undefined);
  }

  /** Sends away who has said nothing yet, else who takes long. */
  #makesRoom(now: number, host: string | undefined): boolean {
    let slowest: [string, Guest] | undefined;
    for (const [key, guest] of this.#guests) {
      if (now - guest.since < silentMs) break;
      if (host !== undefined && guest.host !== host) continue;
      if (guest.socket.bytesRead === 0) return this.#sendAway(key, guest);
      if (now - guest.since >= slowMs) slowest ??= [key, guest];
    }
    return slowest !== undefined && this.#sendAway(...slowest);
  }

  #sendAway(key: string, guest: Guest): true {
    this.#leave(key, guest);
    this.#refuse(guest.socket);
    return true;
  }

  #leave(key: string, guest: Guest): void {
    if (this.#guests.get(key) !== guest) return;
    this.#guests.delete(key);
    const left = (this.#waitingOf.get(guest.host) ?? 1) - 1;
    if (left > 0) this.#waitingOf.set(guest.host, left);
    else this.#waitingOf.delete(guest.host);
  }

  #refuse(socket: KnockingSocket): false {
    this.#refused += 1;
    socket.resetAndDestroy();
    return false;
  }
}

/** An IPv4 address by itself, also where a socket for both writes it as IPv6; of others all eight groups, for one address may be written in several ways. */
function plain(address: string): string {
  if (!address.includes(':')) return address;
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice('::ffff:'.length);
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? [];
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const [first, last] = [groups(head), groups(tail)];
  const middle = Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0');
  return [...first, ...middle, ...last].map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}

function keyOf(address: string, port: number): string {
  return `${plain(address)} ${port}`;
}

/** Of IPv6 the network: its owner has all addresses in it. */
function hostOf(address: string): string {
  const host = plain(address);
  return host.includes(':') ? host.split(':').slice(0, 4).join(':') : host;
}
