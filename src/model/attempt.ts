import { compareValues } from './compare.ts';
import type { AttemptName } from './job.ts';

/** Names the attempt within its job: two attempts with one key are the same attempt. */
export function attemptKey(attempt: AttemptName): string {
  const { term, generation, step, index, attempt: number, node } = attempt;
  return `${term.number}@${term.node}/${generation}/${step}/${index}/${number}/${node}`;
}

export function sameAttempt(a: AttemptName, b: AttemptName): boolean {
  return compareValues(a, b) === 0;
}
