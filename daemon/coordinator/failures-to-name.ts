import type { TaskReference } from '../../src/model/job.ts';

/** A fact is bounded (records/protocol.ts): of more tasks, or longer names, the outcome names the first. The tally counts all. */
const mostTasks = 10_000;
const mostBytes = 400 * 1024;

export function failuresToName(failed: readonly TaskReference[]): readonly TaskReference[] {
  let bytes = 0;
  const named: TaskReference[] = [];
  for (const task of failed) {
    bytes += Buffer.byteLength(JSON.stringify(task)) + 1;
    if (named.length >= mostTasks || bytes > mostBytes) break;
    named.push(task);
  }
  return named;
}
