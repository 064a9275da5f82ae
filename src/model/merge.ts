/** Which of two facts about the same thing wins. Each function is a total order, so that taking the winner is a join. */
import { compareValues } from './compare.ts';
import type { AttemptFailed, Ended, PauseSet, ResultKept } from './facts.ts';
import type { OutputFile } from './job.ts';
import { compareTerms } from './term.ts';

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What was made: paths and digests, in an order that the writer does not choose. */
function contents(outputs: readonly OutputFile[]): readonly string[] {
  return outputs.map((file) => `${file.digest} ${file.path}`).sort(compareTexts);
}

/** Did two results of a task make different files? */
export function differInOutputs(a: ResultKept, b: ResultKept): boolean {
  return a !== b && compareValues(contents(a.outputs), contents(b.outputs)) !== 0;
}

/** What a quorate coordinator decided beats whatever others did without it. */
function compareQuorate(a: ResultKept | Ended, b: ResultKept | Ended): number {
  return Number(b.quorate === true) - Number(a.quorate === true);
}

/** Negative when `a` wins: quorate before degraded, then the higher term that kept it, then the smaller attempt, node, digests. */
export function compareResults(a: ResultKept, b: ResultKept): number {
  return (
    compareQuorate(a, b) ||
    compareTerms(b.term, a.term) ||
    a.attempt.attempt - b.attempt.attempt ||
    compareTexts(a.attempt.node, b.attempt.node) ||
    compareValues(contents(a.outputs), contents(b.outputs)) ||
    compareValues(a, b)
  );
}

/** Negative when `a` wins: quorate before degraded, then the higher term. */
export function compareEnded(a: Ended, b: Ended): number {
  return compareQuorate(a, b) || compareTerms(b.term, a.term) || compareValues(a, b);
}

/** Negative when `a` wins: the last writer by (clock, node). */
export function comparePauses(a: PauseSet, b: PauseSet): number {
  return b.clock - a.clock || compareTexts(b.node, a.node) || compareValues(a, b);
}

/** Negative when `a` wins. One attempt fails once; two tellings of it are settled by content. */
export function compareFailures(a: AttemptFailed, b: AttemptFailed): number {
  return compareValues(a, b);
}
