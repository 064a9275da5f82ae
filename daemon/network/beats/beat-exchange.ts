/**
 * What the thread of the heartbeats does, without its socket and its timers: beats at a steady pace to those who watch this node,
 * notes of the beats that arrive, and questions to peers that are missed, which answer at once whatever their main loop does.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { type BeatMemory, elapsed } from './beat-memory.ts';
import type { BeatPeer } from './beat-messages.ts';
import { encodeBeat, openBeat, sequenceOf, slotOf } from './beat-packet.ts';

/** Of one peer in a second; more is not looked at, so that a flood costs no more than beats do. */
const mostASecond = 40;
/** Slots are seen by whoever sees a packet. Forged ones are counted by themselves, or few would keep the real ones out; and those that could be the next one are looked at for longer. */
const mostForged = 40;
const mostForgedNext = 1000;
/** So many beats may have been lost before the next one. */
const nextSteps = 16;
/** Before it slows down it says so for a while, or lost beats would look like death. */
const beatsBeforeSlower = 4;
/** A peer that stays silent was asked often enough after so many questions. */
const mostQuestions = 8;
/** Between questions, at most: of slow beats two lost ones are half way to death, and several questions must fit in between. */
const questionMs = 500;
/** Without anybody to beat for it still looks at the clock. */
const restMs = 2000;

export interface BeatExchangeNeeds {
  /** Monotonic milliseconds cut to 32 bits, the same as the main loop's. */
  now(): number;
  transmit(packet: Buffer, port: number, address: string): void;
}

interface Peer {
  readonly place: number;
  readonly address: string;
  readonly port: number;
  readonly slotOut: number;
  readonly keyOut: KeyObject;
  readonly keyIn: KeyObject;
  sent: number;
  /** Sequence number of the newest beat that came. */
  last: number;
  promisedMs: number;
  arrivedAt: number;
  /** Questions since its last beat. */
  asked: number;
  windowAt: number;
  /** In this second, by the seal. */
  sealed: number;
  forged: number;
}

function keyOf(text: string): KeyObject {
  return createSecretKey(Buffer.from(text, 'base64url'));
}

export class BeatExchange {
  readonly #memory: BeatMemory;
  readonly #needs: BeatExchangeNeeds;
  readonly #bySlot = new Map<number, Peer>();
  readonly #byPlace = new Map<number, Peer & { readonly slotIn: number }>();
  #watchers = new Set<number>();
  #intervalMs = restMs;
  /** Beats still to go at the pace before. */
  #quick = { beats: 0, intervalMs: restMs };
  #beatAt: number;

  constructor(memory: BeatMemory, needs: BeatExchangeNeeds) {
    this.#memory = memory;
    this.#needs = needs;
    this.#beatAt = needs.now();
  }

  open({ place, address, theirs, ours }: BeatPeer): void {
    this.close(place);
    const now = this.#needs.now();
    const peer = {
      ...{ place, address, port: theirs.port, slotOut: theirs.slot, slotIn: ours.slot, keyOut: keyOf(theirs.key), keyIn: keyOf(ours.key) },
      ...{ sent: 0, last: 0, promisedMs: 0, arrivedAt: now, asked: 0, windowAt: now, sealed: 0, forged: 0 },
    };
    this.#byPlace.set(place, peer);
    this.#bySlot.set(ours.slot, peer);
  }

  close(place: number): void {
    const peer = this.#byPlace.get(place);
    if (peer === undefined) return;
    this.#byPlace.delete(place);
    this.#bySlot.delete(peer.slotIn);
    this.#watchers.delete(place);
  }

  /** To these from now on; the first beats leave at once. */
  beat(places: readonly number[], intervalMs: number): void {
    if (intervalMs > this.#intervalMs && this.#watchers.size > 0) this.#quick = { beats: beatsBeforeSlower, intervalMs: this.#intervalMs };
    if (intervalMs <= this.#quick.intervalMs) this.#quick = { beats: 0, intervalMs };
    this.#watchers = new Set(places);
    this.#intervalMs = intervalMs;
    this.#beatAt = this.#needs.now();
  }

  /** Sends what is due and asks whom it misses; returns the milliseconds until it wants to be called again. */
  turn(): number {
    const now = this.#needs.now();
    const late = elapsed(this.#memory.get('dueAt'), now);
    if (late > this.#memory.get('stoodStillMs')) this.#memory.set('stoodStillMs', late);
    let wait = restMs;
    if (this.#watchers.size > 0) {
      if (elapsed(this.#beatAt, now) >= 0) this.#beatAll(now);
      wait = Math.max(1, elapsed(now, this.#beatAt));
    }
    for (const peer of this.#byPlace.values()) {
      if (peer.promisedMs === 0 || peer.asked >= mostQuestions) continue;
      const silent = elapsed(peer.arrivedAt, now);
      const isMissed = silent >= 1.5 * peer.promisedMs;
      if (isMissed) {
        peer.asked += 1;
        this.#send(peer, now, { asks: true, promise: false });
      }
      const overdue = isMissed ? questionMs : silent > peer.promisedMs ? Math.ceil(1.5 * peer.promisedMs - silent) : peer.promisedMs;
      wait = Math.min(wait, peer.promisedMs, overdue);
    }
    this.#memory.set('dueAt', (now + wait) | 0);
    return wait;
  }

  /** Whatever came to the socket. */
  receive(packet: Buffer): void {
    const slot = slotOf(packet);
    const peer = slot === undefined ? undefined : this.#bySlot.get(slot);
    if (peer === undefined) return;
    const steps = sequenceOf(packet) - peer.last;
    if (steps <= 0) return;
    const now = this.#needs.now();
    if (elapsed(peer.windowAt, now) >= 1000) {
      peer.windowAt = now;
      peer.sealed = 0;
      peer.forged = 0;
    }
    if (peer.sealed >= mostASecond || peer.forged >= (steps <= nextSteps ? mostForgedNext : mostForged)) return;
    const beat = openBeat(packet, peer.keyIn);
    if (beat === undefined) {
      peer.forged += 1;
      return;
    }
    peer.sealed += 1;
    peer.last = beat.sequence;
    if (beat.hears) {
      this.#memory.put(peer.place, 'heardAt', now);
      this.#memory.put(peer.place, 'isHeard', 1);
    }
    if (beat.intervalMs > 0) {
      peer.asked = 0;
      this.#note(peer, beat.intervalMs, beat.loopAgeMs, now);
    } else if (peer.promisedMs > 0) this.#note(peer, peer.promisedMs, beat.loopAgeMs, now);
    // Its sender must know that it is heard, even where none of our beats go there or only slow ones.
    const told = beat.intervalMs === 0 || (this.#watchers.has(peer.place) && this.#intervalMs <= beat.intervalMs);
    if (beat.asks || !told) this.#send(peer, now, { asks: false, promise: false });
  }

  #note(peer: Peer, promisedMs: number, loopAgeMs: number, now: number): void {
    peer.promisedMs = promisedMs;
    peer.arrivedAt = now;
    const memory = this.#memory;
    memory.put(peer.place, 'arrivedAt', now);
    memory.put(peer.place, 'promisedMs', promisedMs);
    memory.put(peer.place, 'loopAgeMs', loopAgeMs);
    // Last: whoever sees it counted sees the rest.
    memory.put(peer.place, 'count', (memory.at(peer.place, 'count') + 1) | 0);
  }

  #beatAll(now: number): void {
    for (const place of this.#watchers) {
      const peer = this.#byPlace.get(place);
      if (peer !== undefined) this.#send(peer, now, { asks: false, promise: true });
    }
    const quick = this.#quick.beats > 0;
    if (quick) this.#quick.beats -= 1;
    const intervalMs = quick ? this.#quick.intervalMs : this.#intervalMs;
    // From when it was due, so that lateness does not add up; but what was missed is not made up for.
    const next = (this.#beatAt + intervalMs) | 0;
    this.#beatAt = elapsed(now, next) > 0 ? next : (now + intervalMs) | 0;
  }

  #send(peer: Peer, now: number, { asks, promise }: { readonly asks: boolean; readonly promise: boolean }): void {
    peer.sent += 1;
    const hears = peer.promisedMs > 0 && elapsed(peer.arrivedAt, now) <= 2 * peer.promisedMs;
    const loopAgeMs = elapsed(this.#memory.get('tickAt'), now);
    const beat = { slot: peer.slotOut, sequence: peer.sent, intervalMs: promise ? this.#intervalMs : 0, loopAgeMs, hears, asks };
    this.#needs.transmit(encodeBeat(beat, peer.keyOut), peer.port, peer.address);
  }
}
