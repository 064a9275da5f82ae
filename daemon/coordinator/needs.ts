import type { Ended, ResultKept } from '../../src/model/facts.ts';
import type { Blobs } from '../blobs/blobs.ts';
import type { Clock } from '../clock.ts';
import type { VotedLeadership } from '../election/leadership.ts';
import type { Membership } from '../membership/membership.ts';
import type { Holders, Journal, Positions, Stored } from '../records/journal.ts';
import type { Messenger } from '../wire/messenger.ts';

export type { Blobs, Clock, Holders, Journal, Membership, Messenger, Positions, Stored, VotedLeadership };

export interface CoordinatorNeeds {
  readonly membership: Membership;
  readonly leadership: VotedLeadership;
  readonly journal: Journal & Holders;
  readonly blobs: Blobs;
  /** Must reach its own node too (wire/loopback.ts). */
  readonly messenger: Messenger;
  readonly clock: Clock;
  /** Told of each result and outcome that will never be undone: a majority of the voters has it, and renewed the term after that. */
  settled?(fact: ResultKept | Ended): void;
}
