/** What the main loop tells the thread of the heartbeats, and how that begins. Beats themselves wake nobody: see beat-memory.ts. */

/** How to reach a node with beats, as its hello says: sealed with `key`, marked with `slot`. */
export interface BeatOffer {
  readonly port: number;
  readonly slot: number;
  /** 32 bytes, base64url. */
  readonly key: string;
}

export interface BeatPeer {
  /** Its place in the shared memory. */
  readonly place: number;
  readonly address: string;
  readonly theirs: BeatOffer;
  readonly ours: BeatOffer;
}

export type BeatCommand =
  | { readonly type: 'open'; readonly peer: BeatPeer }
  | { readonly type: 'close'; readonly place: number }
  | { readonly type: 'beat'; readonly places: readonly number[]; readonly intervalMs: number };

/** The thread's first word and its last. */
export type BeatAnswer = { readonly type: 'bound'; readonly port: number } | { readonly type: 'failed'; readonly message: string };

export interface BeatThreadOptions {
  readonly memory: SharedArrayBuffer;
  readonly host: string;
  /** Wanted; another one where it is taken. */
  readonly port: number;
}

export interface BeatThread {
  tell(command: BeatCommand): void;
  stop(): Promise<void>;
}

export type StartBeatThread = (options: BeatThreadOptions, answered: (answer: BeatAnswer) => void) => BeatThread;
