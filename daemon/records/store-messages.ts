/** What the daemon's main thread and the store's worker thread say to each other. */

/** An entry as it lies in the database; `body` is the fact's JSON. */
export interface Row {
  readonly origin: string;
  readonly sequence: number;
  readonly previous: string;
  readonly body: string;
  /** Told when read: its checksum does not fit, so a bit of it has changed on the disk. */
  readonly bad?: true;
}

/** One transaction. */
export interface Commit {
  readonly rows: readonly Row[];
  /** In the places of rows with the same origin and sequence. */
  readonly tombstones: readonly Row[];
  /** Values of the `meta` table to set. */
  readonly meta: { readonly [key: string]: string };
}

export type StoreCommand =
  /** Opens the database, creating it with `storeId` where there is none, and with the note of a loss (Unix milliseconds) if there should have been one. */
  | { readonly type: 'open'; readonly storeId: string; readonly lost?: string }
  /** Sends all rows in pieces, then answers. */
  | { readonly type: 'load' }
  /** The same of a damaged database that is not open: sends what can be read of it, in any order. */
  | { readonly type: 'salvage' }
  | { readonly type: 'commit'; readonly commit: Commit }
  | { readonly type: 'close' };

export interface StoreFault {
  /** SQLite's extended result code; 0 when it was not SQLite's. */
  readonly result: number;
  readonly message: string;
  /** Of a transaction: nobody can say whether it is on the disk. */
  readonly unsure?: true;
}

/** Commands are answered in the order in which they were given. */
export type StoreAnswer =
  | { readonly type: 'rows'; readonly rows: readonly Row[] }
  | { readonly type: 'done'; readonly meta: { readonly [key: string]: string } }
  | { readonly type: 'failed'; readonly fault: StoreFault };

/** Given to the worker when it starts. */
export interface StoreWorkerOptions {
  /** Absolute path of the database. */
  readonly file: string;
}
