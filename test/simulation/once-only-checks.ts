/** Tasks that must not run twice at one time: never two runs of one, on whatever machines, with a daemon or without. */
import type { Chronicle } from './chronicle.ts';
import { runKey } from './chronicle.ts';
import type { Machine } from './machine.ts';
import type { HostedTask } from './task-host.ts';

/** Call whenever a run begins and whenever a machine wakes. */
export function checkOnceOnly(nodes: Iterable<Machine>, chronicle: Chronicle): void {
  const running = new Map<string, string>();
  for (const { plan, host } of nodes) {
    if (host.isAsleep) continue;
    for (const task of host.tasks()) {
      if (task.isOver || !isOnceOnly(task)) continue;
      const { job, step, index } = task.attempt;
      const key = `${job} ${step} ${index}`;
      const other = running.get(key);
      if (other !== undefined) chronicle.violate(plan.id, `${runKey(task.attempt)} is once-only and runs on ${other} and ${plan.id} at one time`);
      running.set(key, plan.id);
    }
  }
}

function isOnceOnly({ attempt, record }: HostedTask): boolean {
  return record.alone !== true && record.steps.some(({ name, onceOnly }) => name === attempt.step && onceOnly === true);
}
