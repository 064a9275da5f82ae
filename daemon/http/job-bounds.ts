/** How tasks of a job are kept apart and bounded on the nodes that have them. Pure. */
import type { BoundsView } from '../../src/api/views.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { isolationOf } from '../../src/model/isolation.ts';
import type { AttemptName, NodeId } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { stepOf } from '../../src/model/standing.ts';
import { boundsOf } from '../../src/model/task-bounds.ts';

/** Attempts looked at, so that a job of a million tasks is shown as quickly; the rows are of the nodes met among them. */
const mostAttempts = 500;
const mostRows = 32;

export interface Nodes {
  nameOf(node: NodeId): string;
  /** As it is told now; undefined for a node that nobody knows any more. */
  inventoryOf(node: NodeId): Inventory | undefined;
}

/** One row a step and node that runs it or has run it. */
export function jobBounds(state: JobState, running: readonly { readonly attempt: AttemptName }[], { nameOf, inventoryOf }: Nodes): readonly BoundsView[] {
  const rows = new Map<string, BoundsView>();
  for (const { step, node } of attemptsOf(state, running)) {
    const key = `${step}/${node}`;
    const inventory = inventoryOf(node);
    const planned = stepOf(state, step);
    if (rows.has(key) || inventory === undefined || planned === undefined) continue;
    const level = isolationOf(inventory);
    const { requirements, timeoutSeconds } = planned;
    rows.set(key, {
      step,
      nodeName: nameOf(node),
      ...(level === undefined ? {} : { isolation: level }),
      ...(requirements.network === true ? { network: true } : {}),
      ...boundsOf(requirements, inventory),
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    });
    if (rows.size >= mostRows) break;
  }
  return [...rows.values()];
}

function* attemptsOf(state: JobState, running: readonly { readonly attempt: AttemptName }[]): Generator<AttemptName> {
  let left = mostAttempts;
  for (const facts of [running, state.results.values(), state.failures.values()]) {
    for (const { attempt } of facts) {
      if (left-- <= 0) return;
      yield attempt;
    }
  }
}
