/** The attempts that a coordinator believes to be out there, by attempt, node and task. */
import { attemptKey } from '../../src/model/attempt.ts';
import type { AttemptName, HostRequirements, JobId, NodeId } from '../../src/model/job.ts';

export interface Tracked {
  readonly attempt: AttemptName;
  readonly requirements: HostRequirements;
  /** Not placed again before `leaseUntil`, whatever happens to its node. */
  readonly onceOnly: boolean;
  /** Of its node when it last named it, so that what a restarted node has lost is known. */
  incarnation: number;
  /** Number of the batch it was assigned in; 0 when its worker told of it first. */
  readonly batch: number;
  /** Clock milliseconds at which it was assigned or adopted. */
  readonly since: number;
  /** `finished`: its resources are free again, its result or failure is on the way. */
  state: 'assigned' | 'queued' | 'running' | 'finished';
  /** Clock milliseconds. */
  leaseUntil: number;
  fraction: number;
  message: string;
}

export class AttemptTable {
  readonly #byKey = new Map<string, Tracked>();
  readonly #byNode = new Map<NodeId, Set<Tracked>>();
  readonly #byTask = new Map<string, Set<Tracked>>();
  readonly #tasksOfStep = new Map<string, number>();

  add(tracked: Tracked): void {
    const { attempt } = tracked;
    if (this.get(attempt) !== undefined) throw new Error(`the attempt ${keyOf(attempt)} is tracked twice`);
    this.#byKey.set(keyOf(attempt), tracked);
    setOf(this.#byNode, attempt.node).add(tracked);
    const ofTask = setOf(this.#byTask, taskKeyOf(attempt));
    ofTask.add(tracked);
    if (ofTask.size === 1) this.#count(attempt, 1);
  }

  get(attempt: AttemptName): Tracked | undefined {
    return this.#byKey.get(keyOf(attempt));
  }

  remove(attempt: AttemptName): Tracked | undefined {
    const tracked = this.get(attempt);
    if (tracked === undefined) return undefined;
    this.#byKey.delete(keyOf(attempt));
    dropFrom(this.#byNode, attempt.node, tracked);
    if (dropFrom(this.#byTask, taskKeyOf(attempt), tracked)) this.#count(attempt, -1);
    return tracked;
  }

  /** In the order in which they were added. */
  ofNode(node: NodeId): readonly Tracked[] {
    return [...(this.#byNode.get(node) ?? [])];
  }

  ofTask(job: JobId, step: string, index: number): readonly Tracked[] {
    return [...(this.#byTask.get(taskKeyOf({ job, step, index })) ?? [])];
  }

  ofJob(job: JobId): readonly Tracked[] {
    return this.all().filter((tracked) => tracked.attempt.job === job);
  }

  all(): readonly Tracked[] {
    return [...this.#byKey.values()];
  }

  isActive(job: JobId, step: string, index: number): boolean {
    return this.#byTask.has(taskKeyOf({ job, step, index }));
  }

  /** How many tasks of the step have at least one attempt. */
  tasksOf(job: JobId, step: string): number {
    return this.#tasksOfStep.get(`${job}/${step}`) ?? 0;
  }

  #count({ job, step }: AttemptName, change: number): void {
    this.#tasksOfStep.set(`${job}/${step}`, this.tasksOf(job, step) + change);
  }
}

function keyOf(attempt: AttemptName): string {
  return `${attempt.job}/${attemptKey(attempt)}`;
}

function taskKeyOf({ job, step, index }: Pick<AttemptName, 'job' | 'step' | 'index'>): string {
  return `${job}/${step}/${index}`;
}

function setOf(map: Map<string, Set<Tracked>>, key: string): Set<Tracked> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = new Set<Tracked>();
  map.set(key, created);
  return created;
}

/** True when nothing is left under the key. */
function dropFrom(map: Map<string, Set<Tracked>>, key: string, tracked: Tracked): boolean {
  const set = map.get(key);
  set?.delete(tracked);
  if (set?.size !== 0) return false;
  map.delete(key);
  return true;
}
