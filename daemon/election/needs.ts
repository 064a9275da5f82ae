/** What the election needs of other concerns. */
import type { Term } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { Membership } from '../membership/membership.ts';
import type { TermMemory } from '../records/journal.ts';
import type { Messenger } from '../wire/messenger.ts';

export interface ElectionNeeds {
  readonly membership: Pick<Membership, 'members' | 'member' | 'onChange'> & {
    /** Every heartbeat carries it from now on. */
    announceTerm(term: Term): void;
    /** This node was out of the world for `lateMs`: its seat has been given up meanwhile. */
    onSleep(listener: (lateMs: number) => void): void;
  };
  readonly messenger: Pick<Messenger, 'connected' | 'send' | 'serve' | 'onPeer'>;
  readonly clock: Clock;
  readonly terms: TermMemory;
}
