import type { JobId, JobRecord } from '../../src/model/job.ts';
import type { Blobs } from '../blobs/blobs.ts';
import type { Clock } from '../clock.ts';
import type { Membership } from '../membership/membership.ts';
import type { Journal, JournalQuestions } from '../records/journal.ts';

export interface SubmissionNeeds {
  readonly membership: Membership;
  readonly journal: Journal & Pick<JournalQuestions, 'copiesOf'>;
  readonly blobs: Blobs;
  readonly clock: Clock;
  /** The digest of the canonical record. */
  jobIdOf(record: JobRecord): JobId;
}
