/** Blobs between nodes: pulls what is missing from whoever holds it, and serves what is held. */
import { SupervmError } from '../../src/model/errors.ts';
import type { Digest, NodeId } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { Startable } from '../startable.ts';
import type { Messenger } from '../wire/messenger.ts';
import type { Blob, BlobDisk, BlobSearch, Blobs } from './blobs.ts';
import { digestOf } from './digest.ts';
import { HolderSearch } from './holder-search.ts';
import { type BlobReply, type BlobRequest, blobProtocol, blobsPerRequest } from './protocol.ts';
import { DiskFailure, pullBlob } from './pull-blob.ts';
import { readWhole } from './read-whole.ts';
import type { RecentUse } from './recent-use.ts';
import { SharedFetches } from './shared-fetches.ts';
import { Slots } from './slots.ts';

/** Finding out who holds something is small: a peer that cannot answer it in this time is no use as a source. */
const locateMs = 5_000;

export interface BlobTransferOptions {
  /** Milliseconds until a silent peer is given up and the next one asked. */
  readonly requestMs?: number;
  /** Milliseconds after which a `hold` request that still goes on is answered with its progress. */
  readonly holdReplyMs?: number;
}

export interface BlobTransferNeeds {
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly disk: BlobDisk;
  /** Where blobs are collected. */
  readonly recentUse?: Pick<RecentUse, 'use'>;
}

export class BlobTransfer implements Blobs, BlobSearch, Startable {
  readonly #messenger: Messenger;
  readonly #clock: Clock;
  readonly #disk: BlobDisk;
  readonly #requestMs: number;
  readonly #holdReplyMs: number;
  readonly #fetches = new SharedFetches();
  readonly #stop = new AbortController();
  readonly #use: (digest: Digest) => Promise<void>;
  /** Blobs on their way at once, read requests outstanding, and reads served to others. */
  readonly #pulling = new Slots({ count: 6 });
  readonly #asking = new Slots({ count: 8 });
  readonly #serving = new Slots({ count: 8 });
  #arrived = 0;

  /** Construct before the network starts: it serves its protocol from then on. */
  constructor(options: BlobTransferOptions, needs: BlobTransferNeeds) {
    this.#messenger = needs.messenger;
    this.#clock = needs.clock;
    this.#disk = needs.disk;
    this.#use = async (digest) => needs.recentUse?.use(digest);
    this.#requestMs = options.requestMs ?? 30_000;
    this.#holdReplyMs = options.holdReplyMs ?? 2_000;
    this.#messenger.serve(blobProtocol, { onRequest: (_from, request) => this.#serve(request) });
  }

  async start(): Promise<void> {}

  /** Fetches under way reject. */
  async stop(): Promise<void> {
    this.#stop.abort(new SupervmError('peer-unreachable', 'the daemon is stopping'));
  }

  has(digest: Digest): Promise<boolean> {
    return this.#disk.has(digest);
  }

  async fetch(blobs: readonly Blob[], from: readonly NodeId[], signal?: AbortSignal): Promise<void> {
    const missing = await this.#missing(blobs);
    if (missing.length === 0) return;
    const either = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    const holders = this.#holders(
      missing.map((blob) => blob.digest),
      from,
    );
    const results = await Promise.allSettled(
      missing.map((blob) => this.#fetches.join(blob.digest, either, (stop) => this.#pulling.use(() => this.#pull(blob, holders, stop)))),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** `timeoutMs` is the longest time without progress: a large blob may take as long as it takes. */
  async replicate(blobs: readonly Blob[], node: NodeId, timeoutMs: number, from: readonly NodeId[] = [this.#messenger.self]): Promise<void> {
    if (node === this.#messenger.self) return this.fetch(blobs, from);
    for (let first = 0; first < blobs.length; first += blobsPerRequest) {
      await this.#hold(blobs.slice(first, first + blobsPerRequest), node, timeoutMs, from);
    }
  }

  async bytes(wanted: { readonly digest: Digest; readonly size?: number }, from: readonly NodeId[], signal?: AbortSignal): Promise<Uint8Array> {
    const { digest, size } = wanted;
    if (size !== undefined) await this.fetch([{ digest, size }], from, signal);
    const held = await readWhole(digest, (offset, length) => this.#disk.read(digest, offset, length));
    if (held !== undefined) return held;
    const stop = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    for await (const peers of this.#holders([digest], from).of(digest)) {
      for (const peer of peers) {
        stop.throwIfAborted();
        const reading = readWhole(digest, (offset, length) => this.#read(peer, digest, offset, length)).catch(() => undefined);
        const bytes = await untilAborted(reading, stop);
        if (bytes === undefined) continue;
        await this.put(bytes);
        return bytes;
      }
    }
    throw notFound(digest);
  }

  async put(bytes: Uint8Array): Promise<Blob> {
    const blob = { digest: digestOf(bytes), size: bytes.length };
    await this.#use(blob.digest);
    if (await this.#disk.has(blob.digest, blob.size)) return blob;
    const incoming = await this.#disk.create(blob);
    await incoming.write(bytes);
    await incoming.commit();
    return blob;
  }

  async locate(digests: readonly Digest[]): ReturnType<BlobSearch['locate']> {
    const { self } = this.#messenger;
    const held = new Map<Digest, NodeId[]>(digests.map((digest) => [digest, []]));
    const answered = new Set<NodeId>([self]);
    for (const digest of held.keys()) if (await this.#disk.has(digest)) held.get(digest)?.push(self);
    await Promise.all(
      this.#messenger.connected().map(async (peer) => {
        if (peer === self) return;
        const found = await this.#heldBy(peer, [...held.keys()]);
        for (const digest of found.held) held.get(digest)?.push(peer);
        if (found.complete) answered.add(peer);
      }),
    );
    for (const peers of held.values()) peers.sort();
    return { held, answered };
  }

  #holders(digests: readonly Digest[], from: readonly NodeId[]): HolderSearch {
    return new HolderSearch({ digests, from }, { connected: () => this.#messenger.connected(), locate: (wanted) => this.#locate(wanted) });
  }

  /** Connected peers that say they hold each of the blobs. Peers that do not answer hold nothing. */
  async #locate(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, readonly NodeId[]>> {
    const found = new Map<Digest, NodeId[]>(digests.map((digest) => [digest, []]));
    await Promise.all(
      this.#messenger.connected().map(async (peer) => {
        for (const digest of (await this.#heldBy(peer, digests)).held) found.get(digest)?.push(peer);
      }),
    );
    for (const peers of found.values()) peers.sort();
    return found;
  }

  /** Not `complete` when the peer did not answer to the end. */
  async #heldBy(peer: NodeId, digests: readonly Digest[]): Promise<{ readonly held: readonly Digest[]; readonly complete: boolean }> {
    const held: Digest[] = [];
    for (let first = 0; first < digests.length; first += blobsPerRequest) {
      const asked = digests.slice(first, first + blobsPerRequest);
      const reply = await this.#request(peer, { type: 'locate', digests: asked }, locateMs).catch(() => undefined);
      if (reply?.type !== 'located') return { held, complete: false };
      for (const position of reply.held) held.push(...asked.slice(position, position + 1));
    }
    return { held, complete: true };
  }

  async #missing(blobs: readonly Blob[]): Promise<Blob[]> {
    const missing = new Map<Digest, Blob>();
    for (const blob of blobs) {
      await this.#use(blob.digest);
      if (!missing.has(blob.digest) && !(await this.#disk.has(blob.digest, blob.size))) missing.set(blob.digest, blob);
    }
    return [...missing.values()];
  }

  async #pull(blob: Blob, holders: HolderSearch, signal: AbortSignal): Promise<void> {
    const needs = {
      disk: this.#disk,
      read: (peer: NodeId, offset: number, length: number) => this.#read(peer, blob.digest, offset, length),
      arrived: (bytes: number): void => {
        this.#arrived += bytes;
      },
    };
    try {
      for await (const peers of holders.of(blob.digest)) if (await pullBlob(blob, peers, needs, signal)) return;
    } catch (error) {
      throw error instanceof DiskFailure ? error.cause : error;
    }
    throw notFound(blob.digest);
  }

  async #read(peer: NodeId, digest: Digest, offset: number, length: number): Promise<Uint8Array | undefined> {
    const reply = await this.#asking.use(() => this.#request(peer, { type: 'read', digest, offset, length }, this.#requestMs));
    return reply.type === 'piece' ? reply.bytes : undefined;
  }

  async #hold(blobs: readonly Blob[], node: NodeId, timeoutMs: number, from: readonly NodeId[]): Promise<void> {
    let arrived = -1;
    let progressAt = this.#clock.now();
    for (;;) {
      // Still being copied from here, maybe.
      for (const { digest } of blobs) await this.#use(digest);
      const left = Math.max(1, progressAt + timeoutMs - this.#clock.now());
      const reply = await this.#request(node, { type: 'hold', blobs: [...blobs], from: [...from] }, left);
      if (reply.type === 'held') return;
      if (reply.type !== 'holding') throw new SupervmError('peer-refused', `${node} answered a request to hold blobs with "${reply.type}"`);
      if (reply.arrived !== arrived) progressAt = this.#clock.now();
      else if (this.#clock.now() >= progressAt + timeoutMs) throw new SupervmError('timed-out', `${node} makes no progress in fetching blobs`);
      arrived = reply.arrived;
    }
  }

  #request(peer: NodeId, request: BlobRequest, timeoutMs: number): Promise<BlobReply> {
    return this.#messenger.request(peer, blobProtocol, request, timeoutMs);
  }

  async #serve(request: BlobRequest): Promise<BlobReply> {
    switch (request.type) {
      case 'read': {
        const bytes = await this.#serving.use(() => this.#disk.read(request.digest, request.offset, request.length));
        return bytes === undefined ? { type: 'missing' } : { type: 'piece', bytes };
      }
      case 'locate': {
        const held: number[] = [];
        for (const [position, digest] of request.digests.entries()) if (await this.#disk.has(digest)) held.push(position);
        return { type: 'located', held };
      }
      case 'hold':
        return this.#serveHold(request.blobs, request.from);
    }
  }

  /** Answers before the requester loses patience; the fetch goes on and the next `hold` for the same blobs joins it. */
  async #serveHold(blobs: readonly Blob[], from: readonly NodeId[]): Promise<BlobReply> {
    const patience = Promise.withResolvers<BlobReply>();
    const timer = this.#clock.after(this.#holdReplyMs, () => patience.resolve({ type: 'holding', arrived: this.#arrived }));
    const fetching = this.fetch(blobs, from).then((): BlobReply => ({ type: 'held' }));
    fetching.catch(() => {});
    try {
      return await Promise.race([fetching, patience.promise]);
    } finally {
      timer.cancel();
    }
  }
}

/** Rejects with the signal's reason as soon as it is aborted. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function notFound(digest: Digest): SupervmError {
  return new SupervmError('file-missing', `no reachable node has blob ${digest.slice(0, 12)}`);
}
