/**
 * Which peers to dial and when. Of two nodes the one with the smaller id dials; the other does too when that does not
 * happen. A peer that was lost is tried once at once, then every two seconds, and after some minutes with growing pauses.
 */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock, Randomness, Timer } from '../clock.ts';

export interface DialerNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Resolves when a connection stands (hello still to come), rejects when none can be made. */
  dial(node: NodeId, addresses: readonly string[]): Promise<unknown>;
  isConnected(node: NodeId): boolean;
  /** The book changed: the integrator may keep it. */
  learned(node: NodeId, addresses: readonly string[]): void;
}

interface Entry {
  /** Best first. */
  addresses: readonly string[];
  failures: number;
  timer: Timer | undefined;
  dueAt: number;
  /** Until then it may be a cut cable, which is mended any moment. */
  promptUntil: number;
}

/** Of one peer; a peer with more interfaces than that is reached over some of these. */
const maximumAddresses = 16;
/** How long the node with the larger id leaves dialling to the other. */
const politenessMs = 1500;
const firstPauseMs = 1000;
const longestPauseMs = 30_000;
/** A quarter more or less, and never over two seconds. */
const promptPauseMs = 1_600;
const promptMs = 10 * 60_000;

export class Dialer {
  readonly #self: NodeId;
  readonly #needs: DialerNeeds;
  readonly #book = new Map<NodeId, Entry>();
  #running = false;

  constructor(options: { readonly self: NodeId }, needs: DialerNeeds) {
    this.#self = options.self;
    this.#needs = needs;
  }

  start(): void {
    this.#running = true;
    for (const [node, entry] of this.#book) this.#schedule(node, entry, this.#politeness(node));
  }

  stop(): void {
    this.#running = false;
    for (const entry of this.#book.values()) entry.timer?.cancel();
  }

  addresses(node: NodeId): readonly string[] {
    return this.#book.get(node)?.addresses ?? [];
  }

  /** Adds what somebody said; `fresh` when it is a sign of life, so that a long pause ends now. */
  learn(node: NodeId, addresses: readonly string[], fresh: boolean): void {
    if (node === this.#self) return;
    const entry = this.#book.get(node) ?? { addresses: [], failures: 0, timer: undefined, dueAt: Number.POSITIVE_INFINITY, promptUntil: 0 };
    this.#book.set(node, entry);
    const unknown = addresses.filter((address) => !entry.addresses.includes(address));
    if (unknown.length > 0) {
      entry.addresses = (fresh ? [...unknown, ...entry.addresses] : [...entry.addresses, ...unknown]).slice(0, maximumAddresses);
      this.#needs.learned(node, entry.addresses);
    }
    if (unknown.length > 0 || fresh) this.#schedule(node, entry, this.#politeness(node));
  }

  /** A connection is admitted; `address` is where it was reached, if this node dialled. */
  connected(node: NodeId, address: string | undefined): void {
    const entry = this.#book.get(node);
    if (entry === undefined) return;
    this.#unschedule(entry);
    entry.failures = 0;
    if (address !== undefined && entry.addresses.includes(address)) entry.addresses = [address, ...entry.addresses.filter((other) => other !== address)];
  }

  /** It was lost without a goodbye. One attempt at once; false when it failed. Further ones follow by themselves. */
  async redial(node: NodeId): Promise<boolean> {
    const entry = this.#book.get(node);
    if (entry === undefined || entry.addresses.length === 0) return false;
    this.#unschedule(entry);
    entry.promptUntil = this.#needs.clock.now() + promptMs;
    return this.#dial(node, entry);
  }

  /** Dials again after a pause, as if an attempt had failed. */
  later(node: NodeId): void {
    const entry = this.#book.get(node);
    if (entry !== undefined) this.#schedule(node, entry, this.#pause(entry));
  }

  async #dial(node: NodeId, entry: Entry): Promise<boolean> {
    if (!this.#running || this.#needs.isConnected(node)) return true;
    try {
      await this.#needs.dial(node, entry.addresses);
      return true;
    } catch {
      return false;
    } finally {
      entry.failures += 1;
      // Also after success: the hello may still fail, and `connected` cancels it.
      if (!this.#needs.isConnected(node)) this.#schedule(node, entry, this.#pause(entry));
    }
  }

  #schedule(node: NodeId, entry: Entry, delayMs: number): void {
    const dueAt = this.#needs.clock.now() + delayMs;
    if (!this.#running || entry.dueAt <= dueAt || entry.addresses.length === 0 || this.#needs.isConnected(node)) return;
    this.#unschedule(entry);
    entry.dueAt = dueAt;
    entry.timer = this.#needs.clock.after(delayMs, () => {
      this.#unschedule(entry);
      void this.#dial(node, entry);
    });
  }

  #unschedule(entry: Entry): void {
    entry.timer?.cancel();
    entry.timer = undefined;
    entry.dueAt = Number.POSITIVE_INFINITY;
  }

  #politeness(node: NodeId): number {
    return this.#self < node ? 0 : politenessMs;
  }

  #pause(entry: Entry): number {
    const longest = this.#needs.clock.now() < entry.promptUntil ? promptPauseMs : longestPauseMs;
    const pause = Math.min(longest, firstPauseMs * 2 ** Math.min(entry.failures, 10));
    return pause * (0.75 + this.#needs.randomness.fraction() / 2);
  }
}
