/** What the journal is built of. */
import type { HostId, NodeId } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { Messenger } from '../wire/messenger.ts';
import type { VerifySigned } from './cluster-book.ts';
import type { FactStore, RecordsProblem } from './journal.ts';
import type { MembershipView } from './needs.ts';
import type { Trouble } from './trouble.ts';

export interface JournalOptions {
  /** The physical machine this node runs on. */
  readonly host: HostId;
  onTrouble?(trouble: Trouble): void;
  /** `problems` says something else than before. */
  onHealth?(problems: readonly RecordsProblem[]): void;
}

export interface JournalNeeds {
  /** Started and stopped by the journal. */
  readonly store: FactStore;
  readonly messenger: Messenger;
  readonly membership: MembershipView;
  readonly clock: Clock;
  /** The voters and the sitting coordinator, who are standbys in any case. */
  lasting?(): readonly NodeId[];
  /** Judges signed facts about the cluster. Without it none of them counts. */
  readonly verifies?: VerifySigned | undefined;
}
