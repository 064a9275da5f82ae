import type { Blobs } from '../blobs/blobs.ts';
import type { Clock } from '../clock.ts';
import type { Leadership } from '../election/leadership.ts';
import type { Membership } from '../membership/membership.ts';
import type { Journal } from '../records/journal.ts';
import type { Messenger } from '../wire/messenger.ts';

export type { Blobs, Clock, Journal, Leadership, Membership, Messenger };

export interface CoordinatorNeeds {
  readonly membership: Membership;
  readonly leadership: Leadership;
  readonly journal: Journal;
  readonly blobs: Blobs;
  /** Must reach its own node too (wire/loopback.ts). */
  readonly messenger: Messenger;
  readonly clock: Clock;
}
