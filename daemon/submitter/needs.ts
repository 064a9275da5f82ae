/** What submitting and delivering need of the rest of the daemon. */
import type { HostId, JobId, JobRecord, TreeEntry } from '../../src/model/job.ts';
import type { Blob, BlobFiles, Blobs } from '../blobs/blobs.ts';
import type { Pins, RecentUse } from '../blobs/recent-use.ts';
import type { Clock, Randomness } from '../clock.ts';
import type { Membership } from '../membership/membership.ts';
import type { Journal } from '../records/journal.ts';

export type { Blob, BlobFiles, Blobs, Clock, Journal, Membership, Pins, Randomness, RecentUse };

/** Makes a record durable: its blobs and its `submitted` fact on min(3, live) machines. Rejects `key-reused`, `not-acknowledged`. submission/submit-record.ts */
export interface RecordSubmitter {
  submit(options: {
    readonly record: JobRecord;
    readonly inputs: readonly Blob[];
    readonly copies?: number;
    readonly copiesMs?: number;
    readonly onCopied: (hosts: number, wanted: number) => void;
    readonly signal: AbortSignal;
  }): Promise<{ readonly id: JobId; readonly copies: readonly HostId[]; readonly wanted: number }>;
}

/** blobs/tree.ts */
export type EncodeTree = (entries: readonly TreeEntry[]) => Uint8Array;
