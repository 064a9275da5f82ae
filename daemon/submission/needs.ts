import type { JobId, JobRecord, NodeId } from '../../src/model/job.ts';
import type { Blobs } from '../blobs/blobs.ts';
import type { Clock } from '../clock.ts';
import type { Membership } from '../membership/membership.ts';
import type { Journal, JournalQuestions } from '../records/journal.ts';

export interface SubmissionNeeds {
  readonly membership: Membership;
  readonly journal: Journal & Pick<JournalQuestions, 'copiesOf'>;
  readonly blobs: Blobs;
  readonly clock: Clock;
  /** Facts come to these at once, so their machines should have the inputs. Absent: everybody is. */
  isStandby?(node: NodeId): boolean;
  /** The digest of the canonical record. */
  jobIdOf(record: JobRecord): JobId;
}
