/** One connection to a peer, from the first hello to its end: who may speak when, and the streams of each protocol. */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import { createFrameDecoder, type Frame } from '../wire/frame.ts';
import type { BeatOffer } from './beats/beat-messages.ts';
import { asking, type Control, createControlReader, crossing, encodeControl, faultOf, type Hello, helloProtocol, type Refusal } from './hello.ts';
import type { Connection, Stream } from './libp2p-types.ts';
import type { PeerMeters } from './limits/peer-meters.ts';
import { LinkSilence } from './link-silence.ts';
import { OutboundLanes } from './outbound-lanes.ts';
import type { PapersShown } from './papers/papers-shown.ts';
import { tellRoomSeldom } from './window-updates.ts';

/** More than this waiting for one peer means that it does not keep up: the connection closes. */
const maximumWaitingBytes = 32 * 1024 * 1024;
/** Answers to pings that the peer does not read are worth no more than this. */
const mostControlBytes = 64 * 1024;
/** Both hellos must have passed by then. */
const greetingMs = 5000;

export interface PeerLinkNeeds {
  readonly clock: Clock;
  hello(): Hello;
  /** For heartbeats beside this connection. */
  offerBeats?(): BeatOffer | undefined;
  /** A peer that says nothing for so long is asked, and cut when it does not answer: TCP alone would take minutes to notice a cut link. */
  silenceMs(): number;
  /** What each peer said of late. */
  readonly meters: Pick<PeerMeters, 'take' | 'owedMs'>;
  /** Why the hello of a peer cannot be accepted, besides what `faultOf` says. */
  objection(link: PeerLink): Refusal | undefined;
  /** The peer refuses this node, and may say more than why: another live process with its key, its removal, new papers. */
  refused?(link: PeerLink, refusal: Refusal): void;
  /** The peer shows new papers, its own or some for this node. */
  papers?(link: PeerLink, shown: PapersShown): void;
  admitted(link: PeerLink): void;
  /** Once, whatever the state was. */
  closed(link: PeerLink): void;
  frame(link: PeerLink, protocol: string, frame: Frame): void;
  /** The peer sent what it must not: it has to be cut. */
  violated(link: PeerLink, reason: Error): void;
}

/** `closing`: the peer was told why, and nothing that it says counts any more. */
type LinkState = 'greeting' | 'answered' | 'admitted' | 'closing' | 'closed';

export class PeerLink {
  readonly peer: NodeId;
  /** True when this node dialled. */
  readonly dialled: boolean;
  /** Where the peer sends its heartbeats while this connection lives. */
  readonly beats: BeatOffer | undefined;
  readonly #connection: Connection;
  readonly #needs: PeerLinkNeeds;
  readonly #lanes: OutboundLanes;
  readonly #inbound = new Set<string>();
  /** Clock milliseconds at which it was made, or began to close. */
  since: number;
  #state: LinkState = 'greeting';
  #control: Stream | undefined;
  #hello: Hello | undefined;
  readonly #silence: LinkSilence;
  #fault: string | undefined;
  #saidBye = false;

  constructor(options: { readonly connection: Connection }, needs: PeerLinkNeeds) {
    this.#connection = options.connection;
    this.peer = options.connection.remotePeer.toString();
    this.dialled = options.connection.direction === 'outbound';
    this.#needs = needs;
    this.beats = needs.offerBeats?.();
    this.since = needs.clock.now();
    this.#silence = new LinkSilence({ clock: needs.clock, silenceMs: () => needs.silenceMs(), ask: () => this.#say({ kind: 'ping' }) });
    this.#lanes = new OutboundLanes({
      open: (protocol) => this.#connection.newStream(protocol),
      answered: (protocol, refusal) => needs.frame(this, protocol, refusal),
      failed: (error) => this.cut(error.message),
    });
    options.connection.addEventListener('close', () => this.#end());
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Of the peer, once it said it. */
  get hello(): Hello | undefined {
    return this.#hello;
  }

  /** What was wrong when it ended, for people; undefined when it ended as connections do. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** The peer told that it stops. */
  get saidBye(): boolean {
    return this.#saidBye;
  }

  /** The address on the other side, as libp2p writes it. */
  get remoteAddress(): string {
    return this.#connection.remoteAddr.toString();
  }

  /** For the side that dialled: opens the control stream and says hello. */
  async greet(): Promise<void> {
    try {
      this.#listen(await this.#connection.newStream(helloProtocol));
      this.#sayHello();
    } catch (error) {
      this.cut(error instanceof Error ? error.message : String(error));
    }
  }

  /** For the side that was dialled: the control stream arrived. */
  answer(stream: Stream): void {
    if (this.dialled || this.#control !== undefined) stream.abort(new Error('a second hello'));
    else this.#listen(stream);
  }

  /** A stream on which the peer will send frames of this protocol. */
  accept(stream: Stream, protocol: string, maximumBytes: number): void {
    if (this.#state !== 'admitted' || this.#inbound.has(protocol)) {
      stream.abort(new Error('not now'));
      if (this.#state !== 'closing') this.cut(this.#state === 'admitted' ? `a second stream of ${protocol}` : 'it did not say hello first');
      return;
    }
    this.#inbound.add(protocol);
    // It asks on it after all, and waits for answers.
    this.#lanes.knows(protocol);
    const decoder = createFrameDecoder(maximumBytes);
    const take = (frame: Frame): unknown => this.#state === 'admitted' && this.#needs.frame(this, protocol, frame);
    this.#read(stream, protocol, (chunk) => decoder.push(chunk).forEach(take));
  }

  /** False when nothing can be sent. */
  transmit(protocol: string, frame: Frame): boolean {
    if (this.#state !== 'admitted') return false;
    this.#lanes.push(protocol, frame);
    const waiting = this.#lanes.waitingBytes;
    if (waiting > maximumWaitingBytes) this.cut(`${waiting} bytes wait for it: it does not keep up`);
    return this.state === 'admitted';
  }

  /** Looks at the clock; called every few seconds. `late`: this node slept or was busy, so silence proves nothing. */
  check(late: boolean): void {
    const silentMs = this.#state === 'admitted' ? this.#silence.check(late) : undefined;
    const isSlow = !late && this.#needs.clock.now() - this.since > greetingMs;
    if (silentMs !== undefined) this.cut(`nothing heard for ${Math.round(silentMs)} ms`);
    else if (isSlow && this.#state === 'closing') this.drop();
    else if (isSlow && this.#state !== 'admitted') this.cut('no hello in time');
  }

  /** Resolves with whether the peer answers within `milliseconds`. */
  challenge(milliseconds: number): Promise<boolean> {
    return this.#silence.challenge(milliseconds);
  }

  /** Resolves when the peer has heard all that was said to it, but within `milliseconds`. An answer to what is said last shows it. */
  async lastWords(milliseconds: number): Promise<void> {
    const { clock } = this.#needs;
    const since = clock.now();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = clock.after(milliseconds, resolve);
    await Promise.race([late, this.#lanes.flushed()]);
    timer.cancel();
    const left = milliseconds - (clock.now() - since);
    if (left > 0 && this.#state === 'admitted') await this.challenge(left);
  }

  /** Ends the connection and tells the peer why. */
  refuse(refusal: Refusal): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#say({ kind: 'refused', ...refusal });
    this.#state = 'closing';
    this.since = this.#needs.clock.now();
    if (refusal.reason !== crossing && refusal.reason !== asking) this.#fault = refusal.reason;
    // Gracefully, so that the reason arrives; libp2p cuts it itself when the other side does not close in turn.
    this.#connection.close().catch(() => this.drop());
  }

  showPapers(papers: PapersShown): void {
    this.#say({ kind: 'papers', papers });
  }

  bye(): void {
    if (this.#state === 'admitted') this.#say({ kind: 'bye' });
  }

  /** Ends the connection now because something is wrong; the peer sees a reset. */
  cut(fault: string): void {
    if (this.#state !== 'closed') this.#fault ??= fault;
    this.drop();
  }

  /** Ends the connection now. */
  drop(): void {
    if (this.#state === 'closed') return;
    this.#end();
    this.#connection.abort(new Error('dropped'));
  }

  #end(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'admitted' && !this.#saidBye) this.#fault ??= 'the connection broke';
    this.#state = 'closed';
    this.#lanes.close();
    this.#silence.end();
    this.#needs.closed(this);
  }

  #listen(stream: Stream): void {
    this.#control = stream;
    const read = createControlReader();
    this.#read(stream, helloProtocol, (chunk) => read(chunk).forEach((message) => void this.#hear(message)));
  }

  #read(stream: Stream, protocol: string, take: (chunk: Uint8Array) => void): void {
    const { clock, meters } = this.#needs;
    tellRoomSeldom(stream, clock, () => meters.owedMs(this.peer, protocol));
    stream.addEventListener('message', (event) => {
      this.#silence.heard();
      try {
        take(event.data.subarray());
      } catch (error) {
        if (this.#state !== 'closed') this.#needs.violated(this, error instanceof Error ? error : new Error(String(error)));
      }
    });
    // A stream that ends while its connection lives would lose messages unseen.
    stream.addEventListener('close', () => this.drop());
    stream.addEventListener('remoteCloseWrite', () => this.drop());
  }

  #hear(message: Control): void {
    if (this.#needs.meters.take(this.peer, helloProtocol, 1) === 'cut') throw new RangeError('too much small talk');
    if (message.kind === 'refused') this.#refused(message);
    else if (this.#state === 'closing') return;
    else if (message.kind === 'hello') this.#hearHello(message);
    else if (message.kind === 'ready' && this.#state === 'answered') this.#admit();
    else if (message.kind === 'ping') this.#say({ kind: 'pong' });
    else if (message.kind === 'pong') this.#silence.answered();
    else if (message.kind === 'bye') this.#saidBye = true;
    else if (message.kind === 'papers' && this.#state === 'admitted') this.#needs.papers?.(this, message.papers);
  }

  #refused({ kind: _, ...refusal }: Extract<Control, { kind: 'refused' }>): void {
    this.#needs.refused?.(this, refusal);
    if (refusal.reason === crossing || refusal.reason === asking) this.drop();
    else this.cut(`it refused this node: ${refusal.reason}`);
  }

  #hearHello(theirs: Hello): void {
    if (this.#hello !== undefined) throw new TypeError('a second hello');
    this.#hello = theirs;
    const fault = faultOf(theirs, this.#needs.hello(), this.peer);
    const refusal = fault === undefined ? this.#needs.objection(this) : { reason: fault };
    if (refusal !== undefined) {
      this.refuse(refusal);
    } else if (this.dialled) {
      this.#say({ kind: 'ready' });
      this.#admit();
    } else {
      this.#state = 'answered';
      this.#sayHello();
    }
  }

  #admit(): void {
    if (this.#state === 'closed') return;
    this.#state = 'admitted';
    this.#needs.admitted(this);
  }

  #sayHello(): void {
    this.#say({ ...this.#needs.hello(), ...(this.beats === undefined ? {} : { beats: this.beats }) });
  }

  #say(message: Control): void {
    if (this.#control?.status === 'open' && this.#control.writeBufferLength < mostControlBytes) this.#control.send(encodeControl(message));
  }
}
