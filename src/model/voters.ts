/** The nodes whose majority makes a term quorate: a numbered record, changed one voter at a time. */
import type { NodeId, Term } from './job.ts';
import { compareTerms } from './term.ts';

/** More voters make a majority slower and hardly safer. */
export const mostVoters = 5;

/** A node whose store was wiped or restored has another store id, and has forgotten what it promised: it is no voter until listed anew. */
export interface Voter {
  readonly node: NodeId;
  readonly store: string;
}

export interface Voters {
  /** 1 for the founder's, one higher with each change. */
  readonly number: number;
  /** The term whose coordinator wrote it last: each new quorate coordinator writes it anew in its own. */
  readonly term: Term;
  readonly voters: readonly Voter[];
  /** Not known yet to be with a majority of its own: its change is under way, or an admin's word made it and no majority of the one before. */
  readonly forced?: true;
}

/** What a node remembers of elections besides the highest term: durable before anybody is told. */
export interface Seat {
  /** The cluster that all of it is about. */
  readonly cluster?: string;
  /** The highest term this node granted, as a voter. */
  readonly granted?: Term;
  readonly voters?: Voters;
}

/**
 * Negative when `a` is the older record. Whoever changes the list knows of every change before, so the higher number is the later one, whatever the
 * term: who wrote fewer in a later term had an old disk. Only what is not known to be with a majority gives way to a later term that did without it.
 */
export function compareVoters(a: Voters, b: Voters): number {
  const steps = a.number - b.number;
  if (steps === 0 && a.forced !== b.forced) return a.forced === true ? -1 : 1;
  const isSure = (steps > 0 ? a : b).forced !== true || Math.abs(steps) > 1;
  return isSure && steps !== 0 ? steps : compareTerms(a.term, b.term) || steps;
}

export function newerVoters(a: Voters | undefined, b: Voters | undefined): Voters | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareVoters(a, b) >= 0 ? a : b;
}

/** Do so many of them say yes that any two such sets share a voter? */
export function isMajority(voters: readonly Voter[], saysYes: (voter: Voter) => boolean): boolean {
  return 2 * voters.filter(saysYes).length > voters.length;
}

/**
 * May they act for all? A majority may. A voter whose store is gone for good (`isGone`: the node itself answers with another one) has
 * forgotten what it promised; it counts towards the majority when at least half of all voters say yes besides, because any majority there
 * ever was shares one with that half.
 */
export function isQuorum(voters: readonly Voter[], saysYes: (voter: Voter) => boolean, isGone: (voter: Voter) => boolean): boolean {
  const yes = voters.filter(saysYes).length;
  const gone = voters.filter((voter) => !saysYes(voter) && isGone(voter)).length;
  return 2 * yes >= voters.length && 2 * (yes + gone) > voters.length;
}

export function isVoter(voters: Voters | undefined, node: NodeId): boolean {
  return voters?.voters.some((voter) => voter.node === node) === true;
}
