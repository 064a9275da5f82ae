/** When nodes could not all hear one another, by the faults of a history. */
import { separating } from '../faults/kinds.ts';
import { type History, linesOf } from '../history.ts';

export interface Span {
  readonly from: number;
  readonly until: number;
}

/** Sorted, overlapping ones joined. A fault that has no end lasts for ever. */
export function timesApart(history: History): readonly Span[] {
  const spans = faultSpans(history)
    .filter(({ kind }) => separating.has(kind))
    .sort((a, b) => a.from - b.from);
  const joined: { from: number; until: number }[] = [];
  for (const { from, until } of spans) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.until) last.until = Math.max(last.until, until);
    else joined.push({ from, until });
  }
  return joined;
}

export function faultSpans(history: History) {
  const faults = linesOf(history, 'fault');
  return faults
    .filter(({ happened }) => happened === 'began')
    .map((began) => {
      const ended = faults.find((line) => line.happened === 'ended' && line.fault === began.fault);
      return { kind: began.kind, nodes: began.nodes, from: began.at, until: ended?.at ?? Number.POSITIVE_INFINITY };
    });
}

/** Was anybody apart from anybody at some time between? */
export function wereApart(apart: readonly Span[], from: number, until: number): boolean {
  return apart.some((span) => span.from <= until && span.until >= from);
}

/** The first moment from `since` on by which all had heard one another for `graceMs`; infinite when that never was. */
export function metBy(apart: readonly Span[], since: number, graceMs: number): number {
  let start = since;
  for (const { from, until } of apart) if (until >= start && from <= start + graceMs) start = until;
  return start + graceMs;
}

/** Was the node on a side of half of all or fewer at some time between, and so without a majority of the voters? */
export function wasOutvoted(history: History, node: string, from: number, until: number): boolean {
  const all = linesOf(history, 'run')[0]?.nodes.length ?? 0;
  return faultSpans(history).some((span) => {
    const side = span.nodes.includes(node) ? span.nodes.length : all - span.nodes.length;
    return span.kind === 'partition' && 2 * side <= all && span.from <= until && span.until >= from;
  });
}
