/** What the election needs of other concerns. */
import type { NodeId, Term } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import type { Membership } from '../membership/membership.ts';
import type { SeatMemory } from '../records/journal.ts';
import type { Messenger } from '../wire/messenger.ts';

export type { Clock, Membership, Messenger, SeatMemory };

export interface ElectionNeeds {
  readonly membership: Pick<Membership, 'self' | 'members' | 'member' | 'onChange'> & {
    /** Every heartbeat carries it from now on. */
    announceTerm(term: Term): void;
    /** This node was out of the world for `lateMs`: its seat has been given up meanwhile. */
    onSleep(listener: (lateMs: number) => void): void;
  };
  readonly messenger: Pick<Messenger, 'self' | 'connected' | 'send' | 'request' | 'serve' | 'onPeer'>;
  readonly clock: Clock;
  readonly memory: SeatMemory;
  /** Was the machine removed from the cluster for ever? */
  isExpelled(node: NodeId): boolean;
}
