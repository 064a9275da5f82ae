import type { Term } from './job.ts';

/** At an election a second this takes 136 years: up to here a cluster may have come without this node, whoever says so. */
export const highestBelieved = 2 ** 32;

/** Negative when `a` is lower. Two nodes may draw one number on two sides of a partition; the node id then decides, everywhere alike. */
export function compareTerms(a: Term, b: Term): number {
  if (a.number !== b.number) return a.number - b.number;
  if (a.node === b.node) return 0;
  return a.node < b.node ? -1 : 1;
}

export function sameTerm(a: Term | undefined, b: Term | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && compareTerms(a, b) === 0);
}

/** `7@12D3KooW…`: for logs and people. */
export function termText(term: Term): string {
  return `${term.number}@${term.node.slice(-8)}`;
}
