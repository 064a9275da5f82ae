import type { ClusterRecords, JournalQuestions } from '../records/journal.ts';

export type SecretRecords = Pick<ClusterRecords, 'cluster' | 'appendCluster'> & Pick<JournalQuestions, 'nextClock'>;
