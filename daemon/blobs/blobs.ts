/** Content-addressed bytes, as the rest of the daemon sees them. */
import type { Digest, NodeId, TreeEntry } from '../../src/model/job.ts';

export interface Blob {
  readonly digest: Digest;
  readonly size: number;
}

/** The disk below: a folder (blob-folder.ts) or the simulation's memory. Digests are `sha256`. */
export interface BlobDisk {
  /** With its `size` a blob of another size is looked at, and is dropped and not held when it is damaged. */
  has(digest: Digest, size?: number): Promise<boolean>;
  /** Undefined when not held. At most `length` bytes from `offset`. */
  read(digest: Digest, offset: number, length: number): Promise<Uint8Array | undefined>;
  /** All that are held, in no particular order; those that come or go meanwhile may be among them or not. */
  list(): AsyncIterable<Digest>;
  /** Unix milliseconds, by the clock of its writing, when the blob came to be held; undefined when it is not held. */
  heldSince(digest: Digest): Promise<number | undefined>;
  /** Durable or not: one that is there again after a power cut is removed again. Nothing happens when it is not held. */
  remove(digest: Digest): Promise<void>;
  /** What `saveDoomed` kept last; none when it never did. */
  doomed(): Promise<readonly Digest[]>;
  /** Blobs to be freed, durable when resolved. */
  saveDoomed(digests: readonly Digest[]): Promise<void>;
  /** Takes a whole blob in pieces; `commit` verifies size and digest, fsyncs, renames; throws `output-invalid` on a mismatch, `disk-full` on ENOSPC and leaves nothing. */
  create(expected: Blob): Promise<{ write(bytes: Uint8Array): Promise<void>; commit(): Promise<void>; discard(): Promise<void> }>;
}

/** Bytes in this node and between nodes. */
export interface Blobs {
  has(digest: Digest): Promise<boolean>;
  /** Pulls what is missing here from whoever has it (`from` is asked first), several requests outstanding, verified, durable. Rejects `file-missing` when nobody reachable has it. */
  fetch(blobs: readonly Blob[], from: readonly NodeId[], signal?: AbortSignal): Promise<void>;
  /** Asks `node` to fetch and keep them, from those named (default: this node) or else from whoever has them; resolves when it has them on disk. */
  replicate(blobs: readonly Blob[], node: NodeId, timeoutMs: number, from?: readonly NodeId[]): Promise<void>;
  /** A small blob's bytes (a tree), fetched if need be and then held. Its size need not be known: a job names its tree by digest alone; at most 32 MiB are taken. */
  bytes(blob: { readonly digest: Digest; readonly size?: number }, from: readonly NodeId[], signal?: AbortSignal): Promise<Uint8Array>;
  /** Stores bytes, durable when resolved. */
  put(bytes: Uint8Array): Promise<Blob>;
}

/** Where bytes are right now. */
export interface BlobSearch {
  /** Asks all connected peers, and this node. `held` has an entry for every digest; who is not in `answered` may have more. */
  locate(digests: readonly Digest[]): Promise<{ readonly held: ReadonlyMap<Digest, readonly NodeId[]>; readonly answered: ReadonlySet<NodeId> }>;
}

/** Only on a real node. */
export interface BlobFiles {
  /** Hashes and stores a file (streamed); durable when resolved. */
  putFile(path: string): Promise<Blob>;
  /**
   * Writes a held blob to `target` under a temporary name beside it, fsyncs (unless told that it need not survive a power cut), renames.
   * Makes missing folders. Never a hard link to the store. Rejects `file-missing` when it is not held (or damaged, then it is dropped), `disk-full`.
   */
  writeFile(digest: Digest, target: string, mode: number, durability?: 'durable' | 'passing'): Promise<void>;
}

/** Folders named by a tree (trees.ts). */
export interface Trees {
  /** The entries of a tree, fetched if need be. Rejects `file-missing`, `tree-invalid`. */
  read(tree: Digest, from: readonly NodeId[], signal?: AbortSignal): Promise<Tree>;
  /** Fetches and holds every file, then copies them below `folder`, which must exist and be empty; files read-only. Rejects `file-missing`, `disk-full`. */
  writeOut(tree: Digest, folder: string, from: readonly NodeId[], signal: AbortSignal): Promise<void>;
}

/** A tree is a blob: canonical CBOR of its entries sorted by path (tree.ts: encodeTree, decodeTree). */
export type Tree = readonly TreeEntry[];
