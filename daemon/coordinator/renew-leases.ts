/** Leases of once-only attempts: who asks for renewal here, in the coordinator's own term, gets it for what is still its own. */
import { attemptKey } from '../../src/model/attempt.ts';
import type { AttemptName, NodeId } from '../../src/model/job.ts';
import { type Holdings, leaseGraceMs } from '../wire/work-protocol.ts';
import type { Clock, Journal } from './needs.ts';
import type { OnceOnly } from './once-only.ts';
import type { Roster } from './roster.ts';
import { verdictOn } from './verdict.ts';

export interface RenewNeeds {
  readonly onceOnly: Pick<OnceOnly, 'mayLease'>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly roster: Roster;
}

/** Call after the holdings were reconciled. Prolongs what it names, by this node's own clock. */
export function renewLeases(node: NodeId, holdings: Holdings, options: { readonly leaseMs: number }, needs: RenewNeeds): AttemptName[] {
  const { journal, clock, roster, onceOnly } = needs;
  const renewed = new Map<string, AttemptName>();
  for (const { attempt } of holdings.attempts) {
    const state = journal.job(attempt.job);
    const tracked = roster.attempts.get(attempt);
    if (attempt.node !== node || state?.record === undefined || tracked?.onceOnly !== true) continue;
    if (verdictOn(state, attempt) !== 'open' || !onceOnly.mayLease(state.record)) continue;
    tracked.leaseUntil = clock.now() + options.leaseMs + leaseGraceMs;
    renewed.set(`${attempt.job}/${attemptKey(attempt)}`, attempt);
  }
  return [...renewed.values()];
}
