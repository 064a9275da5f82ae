/** Daemons and the terms they follow. */
import { linesOf } from '../history.ts';
import type { Rule } from './violation.ts';

export const termsOnlyRise: Rule = (history) => {
  const highest = new Map<string, number>();
  const wiped = linesOf(history, 'node').filter(({ happened }) => happened === 'wiped');
  return linesOf(history, 'seat').flatMap(({ node, term, at }) => {
    if (term === undefined) return [];
    const before = highest.get(node) ?? 0;
    highest.set(node, Math.max(before, term.number));
    if (term.number >= before || wiped.some((wipe) => wipe.node === node && wipe.at < at)) return [];
    return [{ rule: 'a node never follows an older term', text: `${node} followed term ${before} and then term ${term.number}` }];
  });
};

/** Also one whose disk is full may not be lost for good: it is started again until it starts. */
export const daemonsComeBack: Rule = (history) =>
  linesOf(history, 'node')
    .filter(({ happened }) => happened === 'failed')
    .map(({ node, code }) => ({ rule: 'a daemon starts again', text: `${node} did not: ${code}` }));

/** Daemons end by a signal that somebody sent, never by themselves. */
export const nobodyDies: Rule = (history) =>
  linesOf(history, 'node')
    .filter(({ happened, code }) => happened === 'ended' && code !== 'SIGKILL' && code !== '0')
    .filter(({ node, at }) => !linesOf(history, 'fault').some(({ kind, nodes, at: struck }) => kind === 'full-disk' && nodes.includes(node) && struck <= at))
    .map(({ node, code, at }) => ({ rule: 'a daemon does not end by itself', text: `${node} ended with ${code} at ${(at / 1000).toFixed(1)} s` }));
