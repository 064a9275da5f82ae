/**
 * Filter (which nodes could run the step), score (least loaded first), assign. Pure: the same snapshot gives the same
 * placements. Work is proportional to nodes and steps, plus nodes a placed task; tasks that cannot be placed are not looked at.
 */
import { lackOf } from '../../../src/model/resources.ts';
import { canQueueAhead, canStart, compareSlots, type Slots, slotsOf, take } from './slots.ts';
import type { Candidate, NodeSnapshot, Placement, Waiting } from './snapshot.ts';

/** Retried tasks looked at in one pass that only fit nodes they should avoid; the rest wait for the next pass. */
const maximumDeferred = 64;

/** `waiting` in the order of submission: earlier jobs get the free places first. */
export function place(nodes: readonly NodeSnapshot[], waiting: readonly Waiting[]): Placement[] {
  const usable = nodes.filter((node) => !node.paused && node.resting === undefined).map(slotsOf);
  return waiting.flatMap((step) => (step.hold === undefined ? placeStep(usable, step) : []));
}

function placeStep(usable: readonly Slots[], step: Waiting): Placement[] {
  const suited = usable.filter((slots) => lackOf(step.requirements, slots.node.inventory) === undefined);
  const placements: Placement[] = [];
  if (!suited.some((slots) => hasPlace(slots, step, step.count, suited.length))) return placements;
  let deferred = 0;
  for (const candidate of step.candidates()) {
    const left = step.count - placements.length;
    const open = suited.filter((slots) => hasPlace(slots, step, left, suited.length));
    if (open.length === 0 || deferred > maximumDeferred) break;
    const best = bestFor(candidate, open, suited, step);
    if (best === undefined) {
      deferred += 1;
      continue;
    }
    take(best, step.requirements);
    placements.push({ job: step.job, step: step.step, index: candidate.index, node: best.node.id });
  }
  return placements;
}

/** Tasks queue ahead only while more wait than there are nodes, so that the last ones go to whoever is free first. */
function hasPlace(slots: Slots, step: Waiting, left: number, suitedNodes: number): boolean {
  return canStart(slots, step.requirements) || (left > suitedNodes && canQueueAhead(slots));
}

/** Undefined: only nodes are open on which the task failed before, and others, busy now, have not had it yet. */
function bestFor(candidate: Candidate, open: readonly Slots[], suited: readonly Slots[], step: Waiting): Slots | undefined {
  const fresh = (slots: Slots): boolean => !candidate.avoid.has(slots.node.id);
  const choice = candidate.avoid.size > 0 && suited.some(fresh) ? open.filter(fresh) : open;
  const startable = choice.filter((slots) => canStart(slots, step.requirements));
  return lowest(startable.length > 0 ? startable : choice, step);
}

function lowest(choice: readonly Slots[], step: Waiting): Slots | undefined {
  return choice.reduce<Slots | undefined>((best, slots) => {
    return best === undefined || compareSlots(slots, best, step) < 0 ? slots : best;
  }, undefined);
}
