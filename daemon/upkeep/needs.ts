import type { Digest, NodeId, TreeEntry } from '../../src/model/job.ts';
import type { BlobDisk, BlobSearch, Blobs } from '../blobs/blobs.ts';
import type { RecentUse } from '../blobs/recent-use.ts';
import type { Clock } from '../clock.ts';
import type { Leadership, VotedLeadership } from '../election/leadership.ts';
import type { Member, Membership } from '../membership/membership.ts';
import type { Journal, RecordsGaps } from '../records/journal.ts';
import type { Messenger } from '../wire/messenger.ts';

export type { BlobDisk, Clock, Journal, Member, Membership, Messenger, RecordsGaps };

/** Who reachable has which blob, and who was asked. */
export type Located = Awaited<ReturnType<BlobSearch['locate']>>;
export type BlobTraffic = Pick<Blobs, 'bytes' | 'fetch' | 'replicate'> & BlobSearch;

export type Leading = Pick<Leadership, 'current' | 'isMine' | 'onChange'>;

export interface UpkeepNeeds {
  readonly membership: Membership;
  readonly leadership: Leading & Pick<VotedLeadership, 'quorate' | 'standing'>;
  readonly journal: Pick<Journal, 'jobs' | 'job' | 'append' | 'onFact'>;
  readonly blobs: BlobTraffic;
  /** Must reach its own node too. */
  readonly messenger: Messenger;
  readonly clock: Clock;
  /** blobs/tree.ts */
  decodeTree(bytes: Uint8Array): readonly TreeEntry[];
}

export interface CollectionNeeds {
  readonly journal: Pick<Journal, 'jobs' | 'onCollect' | 'onFact'> & { gaps(): RecordsGaps };
  readonly disk: Pick<BlobDisk, 'list' | 'remove' | 'heldSince' | 'doomed' | 'saveDoomed'>;
  readonly recentUse: Pick<RecentUse, 'removeUnused' | 'onUse'>;
  readonly clock: Clock;
  /** Digests of the files of a tree, fetched if need be; rejects when nobody reachable has it. */
  readTree(tree: Digest, from: readonly NodeId[]): Promise<readonly Digest[]>;
  /** The disk refused; it is tried again. */
  onProblem(error: unknown): void;
}

export interface SizedBlob {
  readonly digest: Digest;
  readonly size: number;
}

/** Where to bring bytes, and who has them. */
export interface Move {
  readonly blobs: readonly SizedBlob[];
  readonly to: NodeId;
  readonly from: readonly NodeId[];
}
