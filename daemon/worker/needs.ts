import type { RecentUse } from '../blobs/recent-use.ts';
import type { Clock } from '../clock.ts';
import type { Leadership } from '../election/leadership.ts';
import type { Membership } from '../membership/membership.ts';
import type { Journal } from '../records/journal.ts';
import type { Messenger } from '../wire/messenger.ts';
import type { OfferedBytes } from './offered-bytes.ts';
import type { TaskRunner } from './task-runner.ts';

export type { Clock, Journal, Leadership, Membership, Messenger, TaskRunner };

export interface WorkerNeeds {
  readonly membership: Membership;
  readonly leadership: Leadership;
  readonly journal: Journal;
  /** Must reach its own node too (wire/loopback.ts). */
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly taskRunner: TaskRunner;
  readonly offeredBytes: OfferedBytes;
  /** A result that is offered is named by no fact yet. */
  readonly recentUse?: Pick<RecentUse, 'pins'>;
}
