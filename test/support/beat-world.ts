/** Threads of heartbeats without threads: their real exchanges over a lossy, slow, unordered network in virtual time, each machine able to stand still. */

import type { Randomness, Timer } from '../../daemon/clock.ts';
import { BeatExchange } from '../../daemon/network/beats/beat-exchange.ts';
import { BeatMemory } from '../../daemon/network/beats/beat-memory.ts';
import type { BeatCommand, BeatOffer } from '../../daemon/network/beats/beat-messages.ts';
import { UdpBeats } from '../../daemon/network/beats/udp-beats.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface BeatFaults {
  /** 0..1 of the packets. */
  readonly loss: number;
  /** Each packet takes `delayMs` plus or minus up to `jitterMs`. */
  readonly delayMs: number;
  readonly jitterMs: number;
}

interface Sent {
  readonly from: number;
  readonly packet: Buffer;
}

export class BeatThread {
  readonly memory: BeatMemory;
  readonly exchange: BeatExchange;
  readonly port: number;
  readonly #world: BeatWorld;
  #timer: Timer | undefined;
  #stopped: Buffer[] | undefined;

  constructor(port: number, world: BeatWorld, memory = new BeatMemory()) {
    this.memory = memory;
    this.port = port;
    this.#world = world;
    this.memory.set('dueAt', world.now());
    this.exchange = new BeatExchange(this.memory, { now: () => world.now(), transmit: (packet, to) => world.carry(this.port, packet, to) });
    this.turn();
  }

  /** Tells it of a peer, as a connection between them would. */
  open(place: number, peer: BeatThread): void {
    this.exchange.open({ place, address: '', theirs: offerOf(peer.port, this.port), ours: offerOf(this.port, peer.port) });
  }

  beat(places: readonly number[], intervalMs: number): void {
    this.exchange.beat(places, intervalMs);
    this.turn();
  }

  obey(command: BeatCommand): void {
    if (command.type === 'open') this.exchange.open(command.peer);
    else if (command.type === 'close') this.exchange.close(command.place);
    else if (command.type === 'beat') this.beat(command.places, command.intervalMs);
  }

  /** As the end of its process. */
  kill(): void {
    this.pause();
    this.#world.threads.delete(this.port);
  }

  /** As SIGSTOP: what arrives waits in the kernel. */
  pause(): void {
    this.#stopped ??= [];
    this.#timer?.cancel();
  }

  resume(): void {
    const waiting = this.#stopped ?? [];
    this.#stopped = undefined;
    this.turn();
    for (const packet of waiting) this.exchange.receive(packet);
  }

  arrive(packet: Buffer): void {
    if (this.#stopped === undefined) this.exchange.receive(packet);
    else this.#stopped.push(packet);
  }

  turn(): void {
    this.#timer?.cancel();
    this.#timer = this.#world.clock.after(this.exchange.turn(), () => this.turn());
  }
}

export class BeatWorld {
  readonly clock: VirtualClock;
  readonly threads = new Map<number, BeatThread>();
  /** All packets ever sent. */
  readonly sent: Sent[] = [];
  faults: BeatFaults = { loss: 0, delayMs: 1, jitterMs: 0 };
  readonly #randomness: Randomness;

  constructor(clock: VirtualClock, randomness: Randomness) {
    this.clock = clock;
    this.#randomness = randomness;
  }

  /** Far from zero, so that the cut to 32 bits is met: the sign changes after a minute. */
  now(): number {
    return (this.clock.now() + 2 ** 31 - 60_000) | 0;
  }

  thread(port: number, memory?: BeatMemory): BeatThread {
    const thread = new BeatThread(port, this, memory);
    this.threads.set(port, thread);
    return thread;
  }

  /** The shipped carrier over a thread of this world: for a node that is known here by the number `port`. */
  carrier(port: number): { readonly beats: UdpBeats; readonly thread: BeatThread } {
    let thread: BeatThread | undefined;
    const beats = new UdpBeats({
      randomness: this.#randomness,
      now: () => this.now(),
      startThread: ({ memory }, answered) => {
        const own = this.thread(port, new BeatMemory(memory));
        thread = own;
        answered({ type: 'bound', port });
        return { tell: (command) => own.obey(command), stop: async () => own.kill() };
      },
    });
    void beats.start('', port);
    if (thread === undefined) throw new Error('the thread was not started');
    return { beats, thread };
  }

  carry(from: number, packet: Buffer, to: number): void {
    this.sent.push({ from, packet: Buffer.from(packet) });
    const { loss, delayMs, jitterMs } = this.faults;
    if (this.#randomness.fraction() < loss) return;
    const delay = Math.max(0, delayMs + (2 * this.#randomness.fraction() - 1) * jitterMs);
    this.clock.after(delay, () => this.threads.get(to)?.arrive(packet));
  }
}

/** What the node at `port` offers the one at `peer`. */
export function offerOf(port: number, peer: number): BeatOffer {
  return { port, slot: port * 1000 + peer, key: Buffer.alloc(32, `${port} ${peer} `).toString('base64url') };
}
