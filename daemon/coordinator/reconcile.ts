/** Compares what a worker says it holds with what its coordinator believes: adopts, renews, gives up what is lost, stops what is in vain. */
import type { AttemptName, NodeId, Term } from '../../src/model/job.ts';
import { stepOf } from '../../src/model/standing.ts';
import { sameTerm } from '../../src/model/term.ts';
import { type HeldAttempt, type Holdings, leaseGraceMs } from '../wire/work-protocol.ts';
import type { Tracked } from './attempt-table.ts';
import type { Clock, Journal, Membership } from './needs.ts';
import type { Roster } from './roster.ts';
import { verdictOn } from './verdict.ts';

export interface ReconcileNeeds {
  readonly journal: Journal;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly roster: Roster;
}

/** `node` told of its holdings in `term`, this coordinator's own. */
export function reconcile(node: NodeId, holdings: Holdings, options: { readonly term: Term; readonly leaseMs: number }, needs: ReconcileNeeds): void {
  const { roster, clock } = needs;
  // What a node said before it was restarted is no longer true.
  if (holdings.incarnation < (needs.membership.member(node)?.facts.incarnation ?? 0)) return;
  const named = new Set<Tracked>();
  const inVain: AttemptName[] = [];
  for (const held of holdings.attempts) {
    if (held.attempt.node !== node) continue;
    const tracked = roster.attempts.get(held.attempt) ?? adopt(held, holdings.incarnation, inVain, options, needs);
    if (tracked === undefined) continue;
    named.add(tracked);
    Object.assign(tracked, {
      incarnation: holdings.incarnation,
      state: held.state,
      fraction: held.fraction,
      message: held.message,
      leaseUntil: Math.max(tracked.leaseUntil, clock.now() + options.leaseMs),
    });
  }
  if (inVain.length > 0) roster.stop(inVain);
  const seen = sameTerm(holdings.batch?.term, options.term) ? (holdings.batch?.number ?? 0) : 0;
  // A restarted node names what it has taken up again; the rest is lost.
  const isLost = (tracked: Tracked): boolean => tracked.batch <= seen || tracked.incarnation < holdings.incarnation;
  for (const tracked of roster.attempts.ofNode(node)) if (!named.has(tracked) && isLost(tracked)) roster.lose(tracked.attempt);
}

/** Whatever runs goes on, whoever placed it, as long as its result is wanted. Of jobs not known here yet nothing can be said. */
function adopt(
  { attempt, state: heldState }: HeldAttempt,
  incarnation: number,
  inVain: AttemptName[],
  options: { readonly term: Term; readonly leaseMs: number },
  { journal, roster, clock }: ReconcileNeeds,
): Tracked | undefined {
  const state = journal.job(attempt.job);
  if (state === undefined || (state.record === undefined && !state.removed)) return undefined;
  const step = stepOf(state, attempt.step);
  const onceOnly = step?.onceOnly === true;
  // Of two at a once-only task one may run; and one that never began under an earlier coordinator must not begin now.
  const isRival =
    onceOnly && (roster.attempts.isActive(attempt.job, attempt.step, attempt.index) || (heldState === 'queued' && !sameTerm(attempt.term, options.term)));
  if (step === undefined || isRival || verdictOn(state, attempt) !== 'open') {
    inVain.push(attempt);
    return undefined;
  }
  const now = clock.now();
  const tracked: Tracked = {
    attempt,
    requirements: step.requirements,
    onceOnly,
    incarnation,
    batch: 0,
    since: now,
    state: 'running',
    // How long an earlier coordinator let it run is not known here.
    leaseUntil: onceOnly ? now + options.leaseMs + leaseGraceMs : now,
    fraction: 0,
    message: '',
  };
  roster.attempts.add(tracked);
  roster.board(attempt.job)?.queue(attempt.step)?.took(attempt.index);
  return tracked;
}
