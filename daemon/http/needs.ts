/** What the HTTP API needs of the rest of the daemon. */
import type { Clock, Randomness } from '../clock.ts';
import type { Coordination, JobOverview, OutcomesKnown, WaitingReason } from '../coordinator/coordination.ts';
import type { TermStanding, VotedLeadership } from '../election/leadership.ts';
import type { Member, Membership } from '../membership/membership.ts';
import type { ClusterRecords, Journal, JournalQuestions } from '../records/journal.ts';
import type { SecretDesk } from '../secrets/secret-desk.ts';
import type { TokenDesk } from '../tokens/token-desk.ts';
import type { CopiesKnown } from '../upkeep/copies.ts';
import type { JobCopies } from '../upkeep/protocol.ts';
import type { Messenger, Protocol } from '../wire/messenger.ts';

export type {
  Clock,
  ClusterRecords,
  Coordination,
  CopiesKnown,
  JobCopies,
  JobOverview,
  Journal,
  JournalQuestions,
  Member,
  Membership,
  Messenger,
  OutcomesKnown,
  Protocol,
  Randomness,
  SecretDesk,
  TermStanding,
  TokenDesk,
  VotedLeadership,
  WaitingReason,
};
