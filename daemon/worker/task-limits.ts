/** The bounds of a task as its launcher is told them, and which tasks can follow each other under the same ones. */
import type { HostRequirements } from '../../src/model/job.ts';
import { wantsOwnCores } from '../../src/model/resources.ts';
import { boundsOf, type Machine, memoryForTasks } from '../../src/model/task-bounds.ts';
import type { Limits } from './launcher/limits.ts';

/** `folder`: of the session, whose content is what it has written. */
export function limitsFor(requirements: HostRequirements, machine: Machine, folder: string): Limits {
  const { diskBytes, gpus: _gpus, ...bounds } = boundsOf(requirements, machine);
  return {
    ...bounds,
    ...(diskBytes === undefined ? {} : { disk: { folder, bytes: diskBytes } }),
    together: { memoryBytes: Math.floor(memoryForTasks(machine)) },
  };
}

/** Tasks of one job with the same shape can follow each other in one session. */
export function shapeOf(requirements: HostRequirements, cores: number): string {
  const { memoryBytes, diskBytes, processes, network, gpus = 0 } = requirements;
  const own = wantsOwnCores(requirements) ? `${cores} alone` : cores;
  return [own, memoryBytes, diskBytes ?? '', processes ?? '', network === true ? 'network' : '', ...(gpus === 0 ? [] : [`${gpus} GPUs`])].join('/');
}
