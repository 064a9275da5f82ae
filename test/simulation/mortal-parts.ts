/** What is injected into a process that may die in the middle of a call: once it is dead nothing is sent, and nobody is answered any more. */
import type { BlobDisk } from '../../daemon/blobs/blobs.ts';
import type { FactStore } from '../../daemon/records/journal.ts';
import type { MemoryStore } from '../../daemon/records/memory-store.ts';
import type { Messenger, Protocol, Service } from '../../daemon/wire/messenger.ts';
import type { Entry, Fact } from '../../src/model/facts.ts';
import type { NodeId } from '../../src/model/job.ts';
import { spokenNames } from './crash-points.ts';

export interface Mortality {
  isAlive(): boolean;
  /** The process may be dead afterwards. */
  hit(point: string): void;
  /** It is about to answer. */
  answers(from: NodeId, protocol: string, request: unknown): void;
  /** Its disk refused to write. */
  refused(error: unknown): void;
}

export interface Ear {
  /** A message is about to be delivered. */
  hears(protocol: string): void;
  asked(to: NodeId, protocol: string, request: unknown): void;
  answered(to: NodeId, protocol: string, request: unknown, reply: unknown): void;
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

function nameOf(protocol: string, body: unknown): string | undefined {
  const type = typeof body === 'object' && body !== null && 'type' in body ? body.type : undefined;
  return spokenNames[`${protocol} ${type}`];
}

/** Runs `work` between two points; whoever is dead before or after waits for ever. */
async function within<T>({ isAlive, hit, refused }: Mortality, what: string | undefined, work: () => Promise<T>): Promise<T> {
  if (!isAlive()) return never();
  if (what !== undefined) hit(`before ${what}`);
  if (!isAlive()) return never();
  try {
    const done = await work();
    if (isAlive() && what !== undefined) hit(`after ${what}`);
    return isAlive() ? done : await never<T>();
  } catch (error) {
    if (!isAlive()) return never();
    refused(error);
    throw error;
  }
}

export function mortalMessenger(network: Messenger, mortality: Mortality, ear: Ear): Messenger {
  const { isAlive, hit } = mortality;
  const say = (what: string | undefined, send: () => void): void => {
    if (isAlive() && what !== undefined) hit(`before ${what}`);
    if (isAlive()) send();
    if (isAlive() && what !== undefined) hit(`after ${what}`);
  };
  return {
    self: network.self,
    connected: () => network.connected(),
    onPeer: (listener) => network.onPeer((event) => isAlive() && listener(event)),
    send: (to, protocol, message) => say(nameOf(protocol.id, message), () => network.send(to, protocol, message)),
    async request<M, Q, R>(to: NodeId, protocol: Protocol<M, Q, R>, request: Q, timeoutMs: number): Promise<R> {
      const what = nameOf(protocol.id, request);
      let reply: Promise<R> | undefined;
      say(what, () => {
        ear.asked(to, protocol.id, request);
        reply = network.request(to, protocol, request, timeoutMs);
        // Who died since it asked waits for nothing.
        reply.catch(() => {});
      });
      if (reply === undefined || !isAlive()) return never();
      const answer = await reply;
      if (isAlive()) ear.answered(to, protocol.id, request, answer);
      if (what !== undefined) hit(`on the answer to ${what}`);
      return isAlive() ? answer : never();
    },
    serve<M, Q, R>(protocol: Protocol<M, Q, R>, service: Service<M, Q, R>): void {
      const { onMessage, onRequest } = service;
      network.serve(protocol, {
        ...(onMessage === undefined ? {} : { onMessage: (from: NodeId, message: M) => hear(onMessage, from, message) }),
        ...(onRequest === undefined ? {} : { onRequest: (from: NodeId, request: Q) => answer(from, request) }),
      });
      function hear(listen: (from: NodeId, message: M) => void, from: NodeId, message: M): void {
        if (!isAlive()) return;
        ear.hears(protocol.id);
        listen(from, message);
      }
      async function answer(from: NodeId, request: Q): Promise<R> {
        if (onRequest === undefined || !isAlive()) return never();
        const what = nameOf(protocol.id, request);
        const reply = await onRequest(from, request);
        if (what !== undefined) hit(`before reply to ${what}`);
        if (isAlive()) mortality.answers(from, protocol.id, request);
        if (!isAlive()) return never();
        // Two turns later it is on the wire.
        if (what !== undefined) void Promise.resolve().then(() => queueMicrotask(() => queueMicrotask(() => hit(`after reply to ${what}`))));
        return reply;
      }
    },
  };
}

/** Delegates to `store`; `waiting` is told how many writes are not durable yet. */
export function mortalStore(store: MemoryStore, self: NodeId, mortality: Mortality, waiting: (count: number) => void): FactStore {
  let count = 0;
  const watch = <T>(what: string, write: () => Promise<T>): Promise<T> =>
    within(mortality, `fsync of ${what}`, async () => {
      count += 1;
      waiting(count);
      try {
        return await write();
      } finally {
        count -= 1;
        waiting(count);
      }
    });
  return {
    start: () => store.start(),
    stop: () => store.stop(),
    load: () => store.load(),
    append: (entries) => watch(contentOf(entries, self), () => store.append(entries)),
    collect: (tombstones) => watch('tombstones', () => store.collect(tombstones)),
    saveSeat: (seat) => watch('seat', () => store.saveSeat(seat)),
    saveTerm: (term) => watch('term', () => store.saveTerm(term)),
    renew: () => watch('store id', () => store.renew()),
  };
}

function contentOf(entries: readonly Entry[], self: NodeId): string {
  const [first] = entries;
  return first?.origin.startsWith(`${self}/`) === true ? (first.fact as Fact).type : 'facts of others';
}

export function mortalBlobDisk(disk: BlobDisk, mortality: Mortality): BlobDisk {
  return {
    has: (digest, size) => within(mortality, undefined, () => disk.has(digest, size)),
    read: (digest, offset, length) => within(mortality, undefined, () => disk.read(digest, offset, length)),
    heldSince: (digest) => within(mortality, undefined, () => disk.heldSince(digest)),
    list: () => disk.list(),
    doomed: () => within(mortality, undefined, () => disk.doomed()),
    saveDoomed: (digests) => within(mortality, undefined, () => disk.saveDoomed(digests)),
    remove: (digest) => within(mortality, undefined, () => disk.remove(digest)),
    create: (expected) =>
      within(mortality, undefined, async () => {
        const incoming = await disk.create(expected);
        return {
          write: (bytes: Uint8Array) => within(mortality, undefined, () => incoming.write(bytes)),
          commit: () => within(mortality, 'fsync of bytes', () => incoming.commit()),
          discard: () => within(mortality, undefined, () => incoming.discard()),
        };
      }),
  };
}
