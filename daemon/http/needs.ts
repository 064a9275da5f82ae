/** What the HTTP API needs of the rest of the daemon. */
import type { Clock } from '../clock.ts';
import type { Coordination, JobOverview, WaitingReason } from '../coordinator/coordination.ts';
import type { Leadership } from '../election/leadership.ts';
import type { Member, Membership } from '../membership/membership.ts';
import type { Journal, JournalQuestions } from '../records/journal.ts';
import type { Messenger, Protocol } from '../wire/messenger.ts';

export type { Clock, Coordination, JobOverview, Journal, JournalQuestions, Leadership, Member, Membership, Messenger, Protocol, WaitingReason };
