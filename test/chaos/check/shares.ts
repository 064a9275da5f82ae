/** Promises in numbers: how often work is wasted, how often requests succeed, how soon all is well again. */
import { type Call, type History, linesOf } from '../history.ts';
import { faultSpans, timesApart, wereApart } from './apart.ts';
import { type Rule, seconds } from './violation.ts';

/** In a shorter run a share of a hundredth is chance; there, three hundredths are suspicious. */
const enoughTasks = 1000;

/** With more processes waiting for each core, times tell of the machine and not of supervm. */
const tooBusy = 4;

/** Mean over the run. */
export function loadPerCore(history: History): number {
  const loads = linesOf(history, 'load');
  return loads.length === 0 ? 0 : loads.reduce((sum, { perCore }) => sum + perCore, 0) / loads.length;
}

/** Whether promises about times can be judged: not on a machine that others kept busy. */
export const tellsTimes = (history: History): boolean => loadPerCore(history) <= tooBusy;

export interface Executions {
  /** Tasks that ran to their end at least once. */
  readonly executed: number;
  readonly executedTwice: number;
  readonly startedTwice: number;
}

/** Jobs that somebody retried are left out: there, running again was asked for. */
export function executions(history: History): Executions {
  const retried = new Set(linesOf(history, 'call').flatMap(({ call, key }) => (call === 'retry' ? [key] : [])));
  const counts = new Map<string, { start: number; end: number }>();
  for (const { key, index, happened } of linesOf(history, 'task')) {
    if (retried.has(key)) continue;
    const name = `${key} ${index}`;
    const count = counts.get(name) ?? { start: 0, end: 0 };
    count[happened] += 1;
    counts.set(name, count);
  }
  const all = [...counts.values()];
  return {
    executed: all.filter(({ end }) => end > 0).length,
    executedTwice: all.filter(({ end }) => end > 1).length,
    startedTwice: all.filter(({ start }) => start > 1).length,
  };
}

export const fewAreExecutedTwice: Rule = (history, bounds) => {
  if (!tellsTimes(history)) return [];
  const { executed, executedTwice } = executions(history);
  const allowed = executed >= enoughTasks ? bounds.executedTwice : 3 * bounds.executedTwice;
  if (executedTwice <= Math.max(1, allowed * executed)) return [];
  return [{ rule: 'few tasks are executed twice', text: `${executedTwice} of ${executed} tasks were executed twice, allowed are ${100 * allowed} %` }];
};

export interface Requests {
  readonly asked: readonly { readonly call: Call; readonly ms: number }[];
  readonly inTime: number;
  readonly late: readonly { readonly call: Call; readonly ms: number }[];
  /** Refused with the true cause: no room on that machine's disk, a job that is in no such phase or not known there yet; or who asked was lost. */
  readonly refused: number;
}

/** A node that was told of the job this long ago knows it. */
const knowsAfterMs = 10_000;

/** Requests that the command line repeats; the time for which the caller's whole machine slept does not count. */
export function requests(history: History, requestMs: number): Requests {
  const sleeps = faultSpans(history).filter(({ kind }) => kind === 'sleep');
  const full = faultSpans(history).filter(({ kind }) => kind === 'full-disk');
  const apart = timesApart(history).map(({ from, until }) => ({ from, until: until + knowsAfterMs }));
  const submissions = linesOf(history, 'call').filter(({ call }) => call === 'submit');
  const firstAt = new Map(submissions.toReversed().map(({ key, at }) => [key, at]));
  const submittedAt = (key: string): number => firstAt.get(key) ?? 0;
  const repeatable = linesOf(history, 'call').filter(({ call }) => call !== 'retry' && call !== 'remove');
  const refused = repeatable.filter((call) => {
    if (call.code === 'disk-full') return full.some(({ nodes, from, until }) => nodes.includes(call.node) && from <= call.ended && until >= call.at);
    if (call.code === 'job-not-found') return wereApart(apart, submittedAt(call.key), call.at) || call.at < submittedAt(call.key) + knowsAfterMs;
    return call.code === 'wrong-phase' || call.code === 'machine-lost';
  });
  const asked = repeatable
    .filter((call) => !refused.includes(call))
    .map((call) => {
      const asleep = sleeps.filter(({ nodes }) => nodes.includes(call.node));
      const slept = asleep.reduce((sum, { from, until }) => sum + Math.max(0, Math.min(until, call.ended) - Math.max(from, call.at)), 0);
      return { call, ms: call.ended - call.at - slept };
    });
  const late = asked.filter(({ call, ms }) => call.outcome !== 'ok' || ms > requestMs);
  return { asked, inTime: asked.length - late.length, late, refused: refused.length };
}

export const requestsSucceedInTime: Rule = (history, { requestMs, requestsInTime }) => {
  if (!tellsTimes(history)) return [];
  const { asked, late } = requests(history, requestMs);
  // One in ten thousand may fail: of fewer, none.
  if (late.length <= Math.floor(asked.length * (1 - requestsInTime) + 1e-9)) return [];
  return late.map(({ call, ms }) => ({
    rule: `requests succeed within ${seconds(requestMs)}`,
    text: `${call.call} of ${call.key} at ${call.node} ${call.outcome === 'ok' ? 'succeeded' : `failed with ${call.code}`} after ${seconds(ms)} and ${call.tries} tries`,
  }));
};

export const settlesInTime: Rule = (history, { settleMs }) => {
  const [healed] = linesOf(history, 'healed');
  const [settled] = linesOf(history, 'settled');
  const rule = 'after the last fault everything settles';
  if (healed === undefined || settled === undefined) return [{ rule, text: 'the run never came to its end' }];
  if (settled.missing.length > 0) return settled.missing.map((text) => ({ rule, text }));
  const took = settled.at - healed.at;
  return took <= settleMs ? [] : [{ rule, text: `it took ${seconds(took)}, allowed are ${seconds(settleMs)}` }];
};
