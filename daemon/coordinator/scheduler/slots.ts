/** A node while tasks are being placed on it: what is reserved so far, and how good it is for the next task. */
import type { HostRequirements, NodeId } from '../../../src/model/job.ts';
import { admit, hasRoom, type Reserved, reserve } from '../../../src/model/resources.ts';
import type { NodeSnapshot, Waiting } from './snapshot.ts';

export interface Slots {
  readonly node: NodeSnapshot;
  reserved: Reserved;
  /** Tasks that wait at the node for those before them. */
  waiting: number;
}

export function slotsOf(node: NodeSnapshot): Slots {
  const { waiting, reserved } = admit(node.held, (requirements) => requirements, node.inventory);
  return { node, reserved, waiting: waiting.length };
}

/** Could the task start at once? Nothing overtakes a task that waits at the node. */
export function canStart(slots: Slots, requirements: HostRequirements): boolean {
  return slots.waiting === 0 && hasRoom(requirements, slots.node.inventory, slots.reserved);
}

/** Busy with nothing queued: one more may wait there so that the node never idles between two tasks. */
export function canQueueAhead(slots: Slots): boolean {
  return slots.waiting === 0 && slots.reserved.tasks > 0;
}

export function take(slots: Slots, requirements: HostRequirements): void {
  if (canStart(slots, requirements)) slots.reserved = reserve(requirements, slots.node.inventory, slots.reserved);
  else slots.waiting += 1;
}

/** Negative when `a` is the better place: least loaded once it has the task, then a warm one, then by id so that all compute the same. */
export function compareSlots(a: Slots, b: Slots, step: Waiting): number {
  return loadWith(a, step.requirements) - loadWith(b, step.requirements) || warmth(b, step) - warmth(a, step) || compareIds(a.node.id, b.node.id);
}

function loadWith(slots: Slots, requirements: HostRequirements): number {
  const { cores } = slots.node.inventory;
  return requirements.cores === 'all' ? slots.reserved.tasks : (slots.reserved.cores + requirements.cores) / cores;
}

function warmth(slots: Slots, step: Waiting): number {
  return step.warm.has(slots.node.id) ? 1 : 0;
}

function compareIds(a: NodeId, b: NodeId): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
