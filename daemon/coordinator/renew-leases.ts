/** Leases of once-only attempts: who asks for renewal here, in the coordinator's own term, gets it for what is still its own. */
import { attemptKey } from '../../src/model/attempt.ts';
import type { AttemptName, NodeId } from '../../src/model/job.ts';
import { stepOf } from '../../src/model/standing.ts';
import type { Holdings } from '../wire/work-protocol.ts';
import type { Clock, Journal } from './needs.ts';
import type { Roster } from './roster.ts';

export interface RenewNeeds {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly roster: Roster;
}

/** Call after the holdings were reconciled. Prolongs what it names, by this node's own clock. */
export function renewLeases(node: NodeId, holdings: Holdings, options: { readonly leaseMs: number }, { journal, clock, roster }: RenewNeeds): AttemptName[] {
  const renewed: AttemptName[] = [];
  for (const { attempt } of holdings.attempts) {
    const state = journal.job(attempt.job);
    const tracked = roster.attempts.get(attempt);
    if (attempt.node !== node || state === undefined || stepOf(state, attempt.step)?.onceOnly !== true || tracked === undefined) continue;
    tracked.leaseUntil = Math.max(tracked.leaseUntil, clock.now() + options.leaseMs);
    renewed.push(attempt);
  }
  return renewed.filter((attempt, place) => renewed.findIndex((other) => attemptKey(other) === attemptKey(attempt)) === place);
}
