import type { NodeId } from '../../src/model/job.ts';

/** What goes wrong without anybody waiting for it; the daemon logs it and shows it in `doctor`. */
export type Trouble =
  /** Two different logs under one origin: a cloned or restored store. Entries from the fork on are refused. */
  | { readonly type: 'fork'; readonly origin: string; readonly sequence: number; readonly peer: NodeId }
  /** Peers knew this node's log further or differently than its disk; it writes under a new store id from now on. */
  | { readonly type: 'store-renewed'; readonly before: string; readonly after: string }
  /** An entry whose fact is kept and passed on but not folded: of a newer version (`unknown`) or nonsense. */
  | { readonly type: 'fact-not-understood'; readonly origin: string; readonly sequence: number; readonly reason: string }
  /** Entries of a peer could not be stored (disk full); they are asked for again. */
  | { readonly type: 'store-failed'; readonly error: unknown }
  /** A write is not durable after this long; it may still become so. */
  | { readonly type: 'store-slow'; readonly milliseconds: number }
  /** A defect: somebody who listens for facts threw. */
  | { readonly type: 'listener-failed'; readonly error: unknown };
