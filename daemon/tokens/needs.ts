import type { ClusterRecords } from '../records/journal.ts';

export type TokenRecords = Pick<ClusterRecords, 'cluster' | 'appendCluster'>;
