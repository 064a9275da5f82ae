/** What was told about a job's end stays, and what was cancelled yields nothing more. */
import type { JobPhase } from '../../../src/model/job-state.ts';
import { type History, linesOf } from '../history.ts';
import { metBy, timesApart, wasOutvoted, wereApart } from './apart.ts';
import type { Rule, Violation } from './violation.ts';

interface Telling {
  readonly at: number;
  readonly ended: number;
  readonly node: string;
  readonly key: string;
  readonly job: string;
  readonly generation: number;
  readonly phase: JobPhase;
  readonly degraded?: boolean;
}

const open: ReadonlySet<JobPhase> = new Set(['active', 'paused']);
const stays = 'an outcome that was told never changes';

export const outcomesStay: Rule = (history) => {
  const byGeneration = Map.groupBy(tellings(history), ({ job, generation }) => `${job} ${generation}`);
  return [...byGeneration.values()].flatMap((told) => {
    const ended = told.filter(({ phase }) => !open.has(phase) && phase !== 'removed').sort((a, b) => a.ended - b.ended);
    const [first] = ended;
    if (first === undefined) return [];
    const changed = ended.find(({ phase }) => phase !== first.phase);
    if (changed !== undefined && !mayDiffer(history, first, changed))
      return [{ rule: stays, text: `${first.key} was ${first.phase} for ${first.node}, then ${changed.phase} for ${changed.node}` }];
    return reopened(history, told, ended);
  });
};

/** A node that told of an end does not later tell that the job goes on, unless its disk was lost. */
function reopened(history: History, told: readonly Telling[], ended: readonly Telling[]): readonly Violation[] {
  const wiped = linesOf(history, 'node').filter(({ happened }) => happened === 'wiped');
  for (const end of ended) {
    const again = told.find(({ phase, node, at }) => open.has(phase) && node === end.node && at > end.ended);
    if (again === undefined || wiped.some(({ node, at }) => node === end.node && at > end.at && at < again.ended)) continue;
    return [{ rule: stays, text: `${end.key} was ${end.phase} for ${end.node}, which later told ${again.phase}` }];
  }
  return [];
}

/**
 * Cancelled on one side while the other, apart from it, saw its end: both were told the truth, and whoever cancelled, whom was not reached. The
 * cancel counts, but not that of a side without a majority: what most of the voters saw ended has ended so. What a side without one saw end it
 * tells as such, and until it has heard the others. So does a side that has one but whose coordinator was on the other: until a majority has
 * granted the next one's term, which takes the length of a lease.
 */
function mayDiffer(history: History, first: Telling, changed: Telling): boolean {
  const apart = timesApart(history);
  return linesOf(history, 'call').some(({ call, key, node, at, ended }) => {
    if (call !== 'cancel' || key !== first.key) return false;
    if (changed.degraded === true)
      return (
        wasOutvoted(history, changed.node, at, changed.ended) || (wereApart(apart, at, changed.ended) && changedTerm(history, changed.node, at, changed.ended))
      );
    if (changed.phase === 'cancelled') return wereApart(apart, Math.min(at, first.at), Math.max(ended, first.ended));
    return first.phase === 'cancelled' && wasOutvoted(history, node, at, ended);
  });
}

/** Did the node follow another coordinator by the end than the last one before? */
function changedTerm(history: History, node: string, from: number, until: number): boolean {
  const terms = linesOf(history, 'seat').flatMap((seat) => (seat.node === node && seat.term !== undefined ? [{ at: seat.at, number: seat.term.number }] : []));
  const before = terms.findLast(({ at }) => at <= from)?.number;
  return terms.some(({ at, number }) => at > from && at <= until && number !== before);
}

function tellings(history: History): readonly Telling[] {
  const calls = linesOf(history, 'call').flatMap(({ at, ended, node, key, job, generation, phase }) =>
    job === undefined || generation === undefined || phase === undefined ? [] : [{ at, ended, node, key, job, generation, phase }],
  );
  const finals = linesOf(history, 'final').map((line) => ({ ...line, ended: line.at }));
  return [...calls, ...linesOf(history, 'told'), ...finals];
}

/** How long a node that was told has to stop what it runs. */
const graceMs = 10_000;
const nothing = 'once the sides have met, a cancelled job yields nothing more';

export const cancelledYieldsNothing: Rule = (history) => {
  const apart = timesApart(history);
  const calls = linesOf(history, 'call');
  return calls.flatMap((cancel) => {
    if (cancel.call !== 'cancel' || cancel.outcome !== 'ok' || cancel.phase !== 'cancelled') return [];
    const { key } = cancel;
    // Generations that were opened again may run.
    if (calls.some((other) => other.call === 'retry' && other.key === key && other.ended >= cancel.at)) return [];
    const since = metBy(apart, cancel.ended, graceMs);
    const started = linesOf(history, 'task').find((task) => task.key === key && task.happened === 'start' && task.at > since);
    if (started !== undefined) return [{ rule: nothing, text: `${started.node} started the task ${key} ${started.index} long after ${key} was cancelled` }];
    const told = linesOf(history, 'told').filter((one) => one.key === key && one.at >= cancel.ended);
    const before = told.filter(({ ended }) => ended <= since).map(({ kept }) => kept);
    const more = told.find((one) => one.at > since && before.length > 0 && one.kept > Math.max(...before));
    return more === undefined ? [] : [{ rule: nothing, text: `${key} had ${Math.max(...before)} results after it was cancelled, then ${more.kept}` }];
  });
};
