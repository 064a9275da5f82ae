/** Submissions that were acknowledged: there once, everywhere, unless as many machines were lost as had copies. */
import { type Call, type FinalJob, type History, linesOf, type NodeChanged } from '../history.ts';
import type { Rule, Violation } from './violation.ts';

const rule = 'what was acknowledged with c copies survives the loss of any c-1 machines, and is there once';

export const acknowledgedAreThere: Rule = (history) => {
  const finals = linesOf(history, 'final');
  const nodes = new Set(finals.map(({ node }) => node));
  const byPlace = Map.groupBy(finals, ({ node, key }) => placeOf(node, key));
  const wipes = linesOf(history, 'node').filter(({ happened }) => happened === 'wiped');
  const removed = new Set(linesOf(history, 'call').flatMap(({ call, key }) => (call === 'remove' ? [key] : [])));
  return acknowledged(history).flatMap((call) => {
    if (removed.has(call.key)) return [];
    const lost = lostSince(wipes, call);
    if (lost >= (call.copies?.length ?? 0)) return [];
    return [...nodes].flatMap((node) => judge(call, node, byPlace.get(placeOf(node, call.key)) ?? []));
  });
};

function judge(call: Call, node: string, found: readonly FinalJob[]): readonly Violation[] {
  const ids = found.map(({ job }) => job);
  if (call.job === undefined || !ids.includes(call.job))
    return [{ rule, text: `${node} does not know ${call.key}, acknowledged on ${call.copies?.join(', ')}` }];
  if (ids.length > 1) return [{ rule, text: `${node} has ${ids.length} jobs of the key ${call.key}` }];
  return [];
}

/** Machines of those that the answer named whose disks were lost after the call began. */
function lostSince(wipes: readonly NodeChanged[], call: Call): number {
  const lost = wipes.filter(({ at, node }) => at >= call.at && call.copies?.includes(`lab-${node}`));
  return new Set(lost.map(({ node }) => node)).size;
}

function acknowledged(history: History): readonly Call[] {
  return linesOf(history, 'call').filter(({ call, outcome }) => call === 'submit' && outcome === 'ok');
}

/** An acknowledgement names at least two machines wherever two were wanted. */
export const acknowledgementsNameCopies: Rule = (history) =>
  acknowledged(history).flatMap(({ key, copies = [], wanted = 0 }) =>
    copies.length >= Math.min(2, wanted) && copies.length > 0
      ? []
      : [{ rule: 'an acknowledgement names its copies', text: `${key} was acknowledged with ${copies.length} copies of ${wanted}` }],
  );

/** The same submission under the same key has one id, however often it is asked. */
export const oneIdAKey: Rule = (history) => {
  const ids = Map.groupBy(acknowledged(history), ({ key }) => key);
  return [...ids].flatMap(([key, calls]) => {
    const different = new Set(calls.map(({ job }) => job));
    return different.size <= 1 ? [] : [{ rule: 'one key is one job', text: `${key} was acknowledged under ${different.size} ids` }];
  });
};

const placeOf = (node: string, key: string): string => `${node} ${key}`;

/** Who removed a job was told so, and nobody shows it any more. */
export const removedStaysAway: Rule = (history) => {
  const removed = new Set(
    linesOf(history, 'call').flatMap(({ call, outcome, job }) => (call === 'remove' && outcome === 'ok' && job !== undefined ? [job] : [])),
  );
  return linesOf(history, 'final')
    .filter(({ job, phase }) => removed.has(job) && phase !== 'removed')
    .map(({ node, key, phase }) => ({ rule: 'a removed job does not come back', text: `${node} shows ${key}, which was removed, as ${phase}` }));
};
