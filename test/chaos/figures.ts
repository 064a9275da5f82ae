/** The figures of a run, for people. */
import { executions, loadPerCore, requests, tellsTimes } from './check/shares.ts';
import type { Bounds } from './check/violation.ts';
import { type History, linesOf } from './history.ts';

export function figures(history: History, bounds: Bounds): readonly string[] {
  const { asked, inTime, refused } = requests(history, bounds.requestMs);
  const times = asked.map(({ ms }) => ms).sort((a, b) => a - b);
  const { executed, executedTwice, startedTwice } = executions(history);
  const submits = linesOf(history, 'call').filter(({ call }) => call === 'submit');
  const repeated = asked.filter(({ call }) => call.tries > 1).length;
  const struck = linesOf(history, 'fault').filter(({ happened }) => happened === 'began');
  const kinds = [...Map.groupBy(struck, ({ kind }) => kind)].map(([kind, all]) => `${kind} ${all.length}`);
  const terms = new Set(linesOf(history, 'seat').flatMap(({ term }) => (term === undefined ? [] : [`${term.number} ${term.node}`])));
  const [healed] = linesOf(history, 'healed');
  const [settled] = linesOf(history, 'settled');
  return [
    `faults            ${struck.length}: ${kinds.join(', ')}`,
    `terms seen        ${terms.size}`,
    `submissions       ${submits.filter(({ outcome }) => outcome === 'ok').length} acknowledged of ${submits.length}`,
    `requests          ${asked.length}, ${percent(inTime, asked.length)} within ${bounds.requestMs / 1000} s; ${repeated} repeated, ${refused} refused for a true cause`,
    `request time      p50 ${at(times, 0.5)} ms, p99 ${at(times, 0.99)} ms, longest ${at(times, 1)} ms`,
    `tasks             ${executed} executed, ${executedTwice} of them twice (${percent(executedTwice, executed)}); ${startedTwice} started more than once`,
    `machine           ${loadPerCore(history).toFixed(1)} processes a core want to run${tellsTimes(history) ? '' : ': too busy to judge shares and times of requests'}`,
    ...(healed === undefined || settled === undefined ? [] : [`settled           ${((settled.at - healed.at) / 1000).toFixed(1)} s after the last fault`]),
  ];
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(2)} %`;
}

function at(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0);
}
