/** Why the tasks of a step wait: the one true reason, and what each node says. Pure, over the same snapshot as placing. */
import { isDraining } from '../../../src/model/inventory.ts';
import { type Lack, lackOf } from '../../../src/model/resources.ts';
import type { WaitingReason } from '../coordination.ts';
import { canStart, slotsOf } from './slots.ts';
import type { NodeSnapshot, Waiting } from './snapshot.ts';

type Finding = { readonly node: NodeSnapshot; readonly code: Lack['code'] | 'paused' | 'disk' | 'busy' | 'free'; readonly reason: string };

/** Undefined when nothing of the step waits. */
export function explain(nodes: readonly NodeSnapshot[], waiting: Waiting): WaitingReason | undefined {
  if (waiting.count === 0) return undefined;
  const findings = nodes.map((node) => findingOf(node, waiting));
  const obstacle = obstacleOf(findings);
  const detail = waiting.hold === undefined && (obstacle === 'disk' || obstacle === 'not-isolated') ? obstacle : undefined;
  return {
    // Whoever asks may be of a version that knows no other word for it.
    code: waiting.hold?.code ?? (obstacle === 'disk' ? 'all-busy' : obstacle === 'not-isolated' ? 'too-small' : obstacle),
    tasks: waiting.count,
    step: waiting.step,
    ...(waiting.hold?.code === 'needs-quorum' ? { detail: waiting.hold.detail } : {}),
    ...(detail === undefined ? {} : { detail }),
    nodes: findings.map(({ node, reason }) => ({ node: node.id, reason })),
  };
}

function findingOf(node: NodeSnapshot, waiting: Waiting): Finding {
  const lack = lackOf(waiting.requirements, node.inventory);
  if (lack !== undefined) return { node, ...lack };
  if (node.paused) return { node, code: 'paused', reason: isDraining(node.inventory) ? 'is draining: it stops once its tasks have ended' : 'is paused' };
  if (node.resting !== undefined) return { node, code: node.diskRefuses === true ? 'disk' : 'busy', reason: node.resting };
  if (!canStart(slotsOf(node), waiting.requirements)) return { node, code: 'busy', reason: `is busy with ${countOf(node.held.length)}` };
  return { node, code: 'free', reason: 'is free' };
}

/** The nearest obstacle: what only time must solve before what a person must, and of several lacks the one closest to fitting. */
function obstacleOf(findings: readonly Finding[]): WaitingReason['code'] | 'disk' | 'not-isolated' {
  const found = new Set(findings.map((finding) => finding.code));
  if (findings.length === 0) return 'no-node';
  if (found.has('free')) return 'about-to-start';
  if (found.has('busy')) return 'all-busy';
  if (found.has('disk')) return 'disk';
  if (found.has('paused')) return 'nodes-paused';
  if (found.has('too-small')) return 'too-small';
  if (found.has('not-isolated')) return 'not-isolated';
  return found.has('program-too-old') ? 'program-too-old' : 'no-program';
}

function countOf(tasks: number): string {
  return tasks === 1 ? '1 task' : `${tasks} tasks`;
}
