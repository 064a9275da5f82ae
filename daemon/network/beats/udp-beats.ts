/** The main loop's end of the heartbeats by UDP: starts their thread, tells it of connections, and reads what it noted. */
import type { NodeId } from '../../../src/model/job.ts';
import type { Randomness } from '../../clock.ts';
import type { Beat, BeatCarrier } from '../../wire/beat-carrier.ts';
import { BeatMemory, elapsed, places } from './beat-memory.ts';
import type { BeatAnswer, BeatCommand, BeatOffer, BeatThread, StartBeatThread } from './beat-messages.ts';
import { keyBytes } from './beat-packet.ts';
import { monotonicMs } from './thread-time.ts';

/** By then the thread has had its first turn. */
const firstTurnMs = 5000;

export interface UdpBeatsNeeds {
  readonly randomness: Randomness;
  readonly startThread: StartBeatThread;
  /** Monotonic milliseconds cut to 32 bits. Default: the kernel's. */
  now?(): number;
  /** Heartbeats go as messages from now on. */
  problem?(reason: string): void;
}

interface Peer {
  readonly place: number;
  /** Of the connection that it belongs to. */
  readonly slot: number;
  count: number;
}

export class UdpBeats implements BeatCarrier {
  readonly #needs: UdpBeatsNeeds;
  readonly #now: () => number;
  readonly #memory = new BeatMemory();
  readonly #peers = new Map<NodeId, Peer>();
  readonly #free = Array.from({ length: places }, (_, index) => index);
  #thread: BeatThread | undefined;
  #port = 0;
  #watchers: readonly NodeId[] = [];
  #intervalMs = 0;
  /** Of a standstill that has not ended when it was asked about: what was told of it. */
  #toldMs = 0;

  constructor(needs: UdpBeatsNeeds) {
    this.#needs = needs;
    this.#now = needs.now ?? monotonicMs;
  }

  /** Resolves when the socket listens, or when it cannot: then there are no beats, and `problem` has told. */
  async start(host: string, port: number): Promise<void> {
    this.tick();
    this.#memory.set('dueAt', (this.#now() + firstTurnMs) | 0);
    await new Promise<void>((resolve) => {
      const answered = (answer: BeatAnswer): void => {
        if (answer.type === 'bound') this.#port = answer.port;
        else this.#lose(answer.message);
        resolve();
      };
      this.#thread = this.#needs.startThread({ memory: this.#memory.buffer, host, port }, answered);
    });
  }

  async stop(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.stop();
  }

  /** For the hello of one connection: where the other side shall send its beats. Undefined where there are none. */
  offer(): BeatOffer | undefined {
    if (this.#thread === undefined || this.#port === 0) return undefined;
    const key = Buffer.from(this.#needs.randomness.hex(keyBytes), 'hex').toString('base64url');
    return { port: this.#port, slot: Number.parseInt(this.#needs.randomness.hex(4), 16), key };
  }

  /** A connection is admitted; `address` is the other side's. One that replaces another ends the other's beats. */
  open(peer: NodeId, address: string, theirs: BeatOffer, ours: BeatOffer): void {
    this.#drop(peer);
    // The longest unused: a late note of its last owner must not count for the next.
    const place = this.#free.shift();
    if (place === undefined) return;
    this.#memory.clear(place);
    this.#peers.set(peer, { place, slot: ours.slot, count: 0 });
    this.#tell({ type: 'open', peer: { place, address, theirs, ours } });
    if (this.#watchers.includes(peer)) this.#tellWatchers();
  }

  /** The connection that made this offer ended. */
  close(peer: NodeId, ours: BeatOffer): void {
    if (this.#peers.get(peer)?.slot === ours.slot) this.#drop(peer);
  }

  beat(peers: readonly NodeId[], intervalMs: number): void {
    const same = intervalMs === this.#intervalMs && peers.length === this.#watchers.length && peers.every((peer, index) => peer === this.#watchers[index]);
    if (same) return;
    this.#watchers = [...peers];
    this.#intervalMs = intervalMs;
    this.#tellWatchers();
  }

  tick(): void {
    this.#memory.set('tickAt', this.#now());
  }

  news(peer: NodeId): Beat | undefined {
    const known = this.#peers.get(peer);
    if (known === undefined) return undefined;
    const count = this.#memory.at(known.place, 'count');
    if (count === known.count) return undefined;
    known.count = count;
    const at = (word: 'promisedMs' | 'loopAgeMs'): number => this.#memory.at(known.place, word);
    return { ageMs: Math.max(0, elapsed(this.#memory.at(known.place, 'arrivedAt'), this.#now())), promisedMs: at('promisedMs'), loopAgeMs: at('loopAgeMs') };
  }

  reaches(peer: NodeId): boolean {
    const place = this.#peers.get(peer)?.place;
    if (place === undefined || this.#thread === undefined || this.#memory.at(place, 'isHeard') === 0) return false;
    const heard = elapsed(this.#memory.at(place, 'heardAt'), this.#now()) <= 1.5 * this.#intervalMs;
    // Once it is not, it must be heard anew: a difference of times is right for some days only.
    if (!heard) this.#memory.put(place, 'isHeard', 0);
    return heard;
  }

  stoodStill(): number {
    if (this.#thread === undefined) return 0;
    const ended = this.#memory.take('stoodStillMs');
    const lasting = Math.max(0, elapsed(this.#memory.get('dueAt'), this.#now()));
    const told = this.#toldMs;
    this.#toldMs = lasting;
    return Math.max(0, ended - told, lasting > told ? lasting - told : 0);
  }

  #drop(peer: NodeId): void {
    const known = this.#peers.get(peer);
    if (known === undefined) return;
    this.#peers.delete(peer);
    this.#free.push(known.place);
    this.#tell({ type: 'close', place: known.place });
  }

  #tellWatchers(): void {
    const known = this.#watchers.flatMap((peer) => this.#peers.get(peer)?.place ?? []);
    this.#tell({ type: 'beat', places: known, intervalMs: this.#intervalMs });
  }

  #tell(command: BeatCommand): void {
    this.#thread?.tell(command);
  }

  #lose(reason: string): void {
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#thread = undefined;
    this.#port = 0;
    this.#peers.clear();
    this.#needs.problem?.(reason);
    void thread.stop();
  }
}
