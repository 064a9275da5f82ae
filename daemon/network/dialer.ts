/**
 * Which peers to dial and when. Of two nodes the one with the smaller id dials; the other does too when that does not
 * happen. A peer that was lost is tried once at once, then every two seconds, and after some minutes with growing pauses.
 * What anybody on the local network may announce is dialled, but only as much of it as an honest network needs, and never kept.
 */
import type { NodeId } from '../../src/model/job.ts';
import type { Clock, Randomness, Timer } from '../clock.ts';

export interface DialerNeeds {
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Resolves when a connection stands (hello still to come), rejects when none can be made. */
  dial(node: NodeId, addresses: readonly string[]): Promise<unknown>;
  isConnected(node: NodeId): boolean;
  /** The book changed, by the word of a member or by what was reached: the integrator may keep it. */
  learned(node: NodeId, addresses: readonly string[]): void;
}

interface Entry {
  /** Best first. */
  addresses: readonly string[];
  /** A member told of it, or it was reached. Until then it may be a stranger's invention. */
  isProven: boolean;
  /** Where it was reached last. */
  reached: string | undefined;
  /** As the integrator heard of them last. */
  told: readonly string[];
  connectedAt: number;
  /** Connections in a row that hardly lived. */
  brief: number;
  failures: number;
  timer: Timer | undefined;
  dueAt: number;
  /** Until then it may be a cut cable, which is mended any moment. */
  promptUntil: number;
}

/** Of one peer; a peer with more interfaces than that is reached over some of these. */
const maximumAddresses = 16;
/** Nodes that only announcements tell of. Beyond it the one that was tried most often in vain makes room. */
const mostUnproven = 64;
/** A connection that breaks sooner will do so again: */
const briefMs = 3000;
/** after so many of them there is a pause before the next. */
const mostBrief = 2;
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

  /** Adds what a member said; or, when it is `fresh`, what was announced a moment ago by whomever: a sign of life, so that a long pause ends now. */
  learn(node: NodeId, addresses: readonly string[], fresh: boolean): void {
    const entry = node === this.#self ? undefined : (this.#book.get(node) ?? this.#enter(node, fresh));
    if (entry === undefined) return;
    const unknown = addresses.filter((address) => !entry.addresses.includes(address));
    entry.isProven ||= !fresh;
    if (unknown.length > 0) entry.addresses = withReached(fresh ? [...unknown, ...entry.addresses] : [...entry.addresses, ...unknown], entry.reached);
    // Also one that was announced first and is confirmed now.
    if (!fresh) this.#tell(node, entry, addresses);
    if (unknown.length > 0 || fresh) this.#schedule(node, entry, this.#politeness(node));
  }

  /** A connection is admitted; `address` is where it was reached, if this node dialled. */
  connected(node: NodeId, address: string | undefined): void {
    const entry = this.#book.get(node);
    if (entry === undefined) return;
    this.#unschedule(entry);
    entry.failures = 0;
    entry.connectedAt = this.#needs.clock.now();
    entry.isProven = true;
    if (address === undefined || !entry.addresses.includes(address)) return;
    entry.reached = address;
    entry.addresses = [address, ...entry.addresses.filter((other) => other !== address)];
    this.#tell(node, entry, [address]);
  }

  #tell(node: NodeId, entry: Entry, proven: readonly string[]): void {
    if (!proven.some((address) => entry.addresses.includes(address) && !entry.told.includes(address))) return;
    entry.told = entry.addresses;
    this.#needs.learned(node, entry.addresses);
  }

  /** It was lost without a goodbye. One attempt at once; false when it failed, or when the connections before were lost as soon. Further ones follow by themselves. */
  async redial(node: NodeId): Promise<boolean> {
    const entry = this.#book.get(node);
    if (entry === undefined || entry.addresses.length === 0) return false;
    const now = this.#needs.clock.now();
    this.#unschedule(entry);
    entry.promptUntil = now + promptMs;
    entry.brief = now - entry.connectedAt < briefMs ? entry.brief + 1 : 0;
    if (entry.brief <= mostBrief) return this.#dial(node, entry);
    this.#schedule(node, entry, this.#pause(entry));
    return false;
  }

  /** Dials again after a pause, as if an attempt had failed. */
  later(node: NodeId): void {
    const entry = this.#book.get(node);
    if (entry !== undefined) this.#schedule(node, entry, this.#pause(entry));
  }

  /** Undefined when there are too many like it. */
  #enter(node: NodeId, fresh: boolean): Entry | undefined {
    const unproven = fresh ? [...this.#book].filter(([, { isProven }]) => !isProven) : [];
    if (unproven.length >= mostUnproven) {
      const [worst, { failures }] = unproven.reduce((one, other) => (other[1].failures > one[1].failures ? other : one)) as [NodeId, Entry];
      if (failures === 0) return undefined;
      this.#forget(worst);
    }
    const entry: Entry = {
      ...{ addresses: [], isProven: !fresh, reached: undefined, told: [], connectedAt: Number.NEGATIVE_INFINITY, brief: 0 },
      ...{ failures: 0, timer: undefined, dueAt: Number.POSITIVE_INFINITY, promptUntil: 0 },
    };
    this.#book.set(node, entry);
    return entry;
  }

  #forget(node: NodeId): void {
    this.#book.get(node)?.timer?.cancel();
    this.#book.delete(node);
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
    if (!this.#running || this.#book.get(node) !== entry || entry.dueAt <= dueAt || entry.addresses.length === 0 || this.#needs.isConnected(node)) return;
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

/** The best of them, and always the one that is known to lead there: whoever shouts many others must not make a lost peer unreachable. */
function withReached(addresses: readonly string[], reached: string | undefined): readonly string[] {
  const kept = addresses.slice(0, maximumAddresses);
  return reached === undefined || kept.includes(reached) ? kept : [...kept.slice(0, -1), reached];
}
