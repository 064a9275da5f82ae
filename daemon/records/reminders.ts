/**
 * What voters said they had on disk, remembered by whoever they said it to. A voter asks everybody it meets: one whose disk lacks some of it was
 * restored from an older copy, also when its own log had not grown since, and must not count as if it still held what it once acknowledged.
 */
import * as z from 'zod';
import { SupervmError } from '../../src/model/errors.ts';
import type { NodeId } from '../../src/model/job.ts';
import type { Messenger, Protocol } from '../wire/messenger.ts';
import { maximumFrameBytes, unused } from '../wire/protocols.ts';
import type { EntryLogs } from './entry-logs.ts';
import { type Head, headSchema, mostOrigins } from './protocol.ts';

const answerMs = 1_000;
/** Those that asked last are remembered: voters are five at most, and change seldom. */
const mostKept = 32;

const request = z.strictObject({ store: z.string().min(1).max(64) });
const reply = z.strictObject({ heads: z.array(headSchema).max(mostOrigins) });

/** Of its own, so that peers that do not know it pass over it. */
const remindersProtocol: Protocol<never, z.infer<typeof request>, z.infer<typeof reply>> = {
  id: '/supervm/reminders/1',
  message: unused,
  request,
  reply,
  maximumBytes: maximumFrameBytes,
};

export interface RemindersNeeds {
  readonly messenger: Pick<Messenger, 'request' | 'serve' | 'onPeer'>;
  readonly logs: Pick<EntryLogs, 'digestAt'>;
  /** Of this node; undefined while it has none. */
  storeId(): string | undefined;
  isVoter(): boolean;
  /** This disk lacks what it held under this id. */
  isOlder(store: string): void;
}

interface Remembered {
  readonly store: string;
  readonly heads: Map<string, Head>;
}

/** Construct before the network starts. */
export class Reminders {
  readonly #needs: RemindersNeeds;
  readonly #remembered = new Map<NodeId, Remembered>();
  /** The store id for which each connected peer was asked. */
  readonly #asked = new Map<NodeId, string>();
  readonly #asking = new Set<Promise<void>>();

  constructor(needs: RemindersNeeds) {
    this.#needs = needs;
    needs.messenger.serve(remindersProtocol, { onRequest: async (from, { store }) => ({ heads: this.#answer(from, store) }) });
    needs.messenger.onPeer(({ peer }) => this.#asked.delete(peer));
  }

  /** The peer says what it has on disk: this node asks it what it remembers, and remembers it in turn. */
  told(from: NodeId, heads: readonly Head[]): void {
    this.#ask(from);
    const known = this.#remembered.get(from)?.heads;
    for (const head of heads) if (known !== undefined && (known.get(head.origin)?.sequence ?? 0) < head.sequence) known.set(head.origin, head);
  }

  /** Resolves when everybody who was asked has answered, or had the time to. */
  async settled(): Promise<void> {
    while (this.#asking.size > 0) await Promise.all(this.#asking);
  }

  #answer(from: NodeId, store: string): Head[] {
    const known = this.#remembered.get(from);
    if (known?.store === store) return [...known.heads.values()].slice(0, mostOrigins);
    // It lists what it holds with every round of heads; what it held under another id is no matter of this one.
    this.#remembered.delete(from);
    this.#remembered.set(from, { store, heads: new Map() });
    for (const oldest of this.#remembered.keys()) if (this.#remembered.size > mostKept) this.#remembered.delete(oldest);
    return [];
  }

  #ask(peer: NodeId): void {
    const store = this.#needs.storeId();
    if (store === undefined || this.#asked.get(peer) === store || !this.#needs.isVoter()) return;
    this.#asked.set(peer, store);
    const asking = this.#compare(peer, store).finally(() => this.#asking.delete(asking));
    this.#asking.add(asking);
  }

  async #compare(peer: NodeId, store: string): Promise<void> {
    const { messenger, logs, isOlder } = this.#needs;
    try {
      const { heads } = await messenger.request(peer, remindersProtocol, { store }, answerMs);
      // A log only grows: what was held once is in its place for ever.
      if (heads.some(({ origin, sequence, digest }) => logs.digestAt(origin, sequence) !== digest)) isOlder(store);
    } catch (error) {
      // Whoever took too long is asked again when it next tells what it has; a version without this never.
      const isLate = error instanceof SupervmError && error.code === 'peer-unreachable';
      if (isLate && this.#asked.get(peer) === store) this.#asked.delete(peer);
    }
  }
}
