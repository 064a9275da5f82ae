/** The attempts that this node holds, from being assigned until their result is answered for. */
import { attemptKey } from '../../src/model/attempt.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import type { AttemptName, HostRequirements, JobRecord, NodeId } from '../../src/model/job.ts';
import { admit } from '../../src/model/resources.ts';
import { type HeldAttempt, mostHeld } from '../wire/work-protocol.ts';
import type { RunningTask } from './task-runner.ts';

export interface HeldTask {
  readonly attempt: AttemptName;
  readonly record: JobRecord;
  readonly requirements: HostRequirements;
  readonly holders: readonly NodeId[];
  /** Aborted once nobody wants the attempt any more. */
  readonly dropped: AbortController;
  /** Of a once-only attempt. Before it is granted for the first time, `until` (clock milliseconds) is when the attempt is given up. */
  lease: { readonly ms: number; readonly until: number; readonly isGranted: boolean } | undefined;
  running: RunningTask | undefined;
  /** Clock milliseconds at which it began to run. */
  since: number;
  /** It has ended: it needs nothing of the node any more and waits to be answered for. */
  finished: boolean;
  fraction: number;
  message: string;
}

export function newTask(task: Pick<HeldTask, 'attempt' | 'record' | 'requirements' | 'holders'>): HeldTask {
  return { ...task, dropped: new AbortController(), lease: undefined, running: undefined, since: 0, finished: false, fraction: 0, message: '' };
}

/** Of more attempts than this their words are not told: holdings fit a frame, whatever the tasks say. */
const mostWithWords = 300;

export class HeldTasks {
  readonly #tasks = new Map<string, HeldTask>();

  /** No more can be told of (work-protocol.ts): what a coordinator does not hear of it takes for lost, and has it done again. */
  get isFull(): boolean {
    return this.size >= mostHeld;
  }

  get size(): number {
    return this.#tasks.size;
  }

  has(attempt: AttemptName): boolean {
    return this.#tasks.has(keyOf(attempt));
  }

  get(attempt: AttemptName): HeldTask | undefined {
    return this.#tasks.get(keyOf(attempt));
  }

  /** Another attempt at the same task that is still wanted. */
  hasRival({ job, generation, step, index }: AttemptName): boolean {
    const isRival = ({ attempt, dropped }: HeldTask): boolean =>
      attempt.index === index && attempt.step === step && attempt.generation === generation && attempt.job === job && !dropped.signal.aborted;
    return this.all().some(isRival);
  }

  /** In the order in which they were assigned. */
  all(): readonly HeldTask[] {
    return [...this.#tasks.values()];
  }

  add(task: HeldTask): void {
    this.#tasks.set(keyOf(task.attempt), task);
  }

  remove(task: HeldTask): void {
    this.#tasks.delete(keyOf(task.attempt));
  }

  /** Those that may start now: what runs, a dropped task's processes until they are gone included, keeps its room. */
  startable(capacity: Pick<Inventory, 'cores' | 'memoryBytes' | 'gpus'>): readonly HeldTask[] {
    const using = this.all().filter((task) => !task.finished);
    return admit(using, (task) => task.requirements, capacity).running.filter((task) => task.running === undefined && task.lease?.isGranted !== false);
  }

  /** As told to the coordinator: not what was dropped. */
  holdings(): HeldAttempt[] {
    const wanted = this.all().filter((task) => !task.dropped.signal.aborted);
    return wanted.map(({ attempt, running, finished, fraction, message }) => ({
      attempt,
      state: finished ? 'finished' : running === undefined ? 'queued' : 'running',
      fraction,
      message: wanted.length > mostWithWords ? '' : message,
    }));
  }
}

function keyOf(attempt: AttemptName): string {
  return `${attempt.job}/${attemptKey(attempt)}`;
}
