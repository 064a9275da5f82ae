/** One open generation of a job as its coordinator sees it: what waits in each step, who has the inputs, how long tasks take. */
import type { ResultKept } from '../../src/model/facts.ts';
import type { AttemptName, JobId, JobRecord, NodeId } from '../../src/model/job.ts';
import type { JobState } from '../../src/model/job-state.ts';
import { isStepComplete } from '../../src/model/standing.ts';
import type { AttemptTable } from './attempt-table.ts';
import type { CutOff } from './cut-off.ts';
import type { OnceOnly } from './once-only.ts';
import type { Hold, Waiting } from './scheduler/snapshot.ts';
import { StepQueue } from './step-queue.ts';

export interface JobBoardNeeds {
  readonly attempts: AttemptTable;
  /** The job's state now. */
  state(): JobState;
  readonly onceOnly: Pick<OnceOnly, 'holdOf'>;
  readonly cutOff: Pick<CutOff, 'holds'>;
}

export class JobBoard {
  readonly id: JobId;
  readonly record: JobRecord;
  readonly generation: number;
  readonly #knownSince: number;
  /** Nodes that have run tasks of the job: warm, and holders of its inputs. */
  readonly warm = new Set<NodeId>();
  readonly #needs: JobBoardNeeds;
  readonly #queues: ReadonlyMap<string, StepQueue>;
  #inputsMissingUntil = 0;
  #seconds = 0;
  #timed = 0;

  /** `knownSince`: clock milliseconds when this coordinator first saw the generation open. */
  constructor(options: { readonly id: JobId; readonly record: JobRecord; readonly generation: number; readonly knownSince: number }, needs: JobBoardNeeds) {
    this.id = options.id;
    this.record = options.record;
    this.generation = options.generation;
    this.#knownSince = options.knownSince;
    this.#needs = needs;
    this.#queues = new Map(this.record.steps.map((step) => [step.name, this.#queueOf(step)]));
    for (const result of needs.state().results.values()) this.learn(result);
  }

  /** One for each step with tasks that wait. `now`: clock milliseconds. */
  waiting(now: number): readonly Waiting[] {
    return [...this.#queues.values()]
      .map((queue) => ({
        job: this.id,
        step: queue.step.name,
        requirements: queue.step.requirements,
        hold: this.#holdOf(queue, now),
        warm: this.warm,
        count: queue.count(),
        candidates: () => queue.candidates(),
      }))
      .filter((waiting) => waiting.count > 0);
  }

  queue(step: string): StepQueue | undefined {
    return this.#queues.get(step);
  }

  /** The attempt came to nothing: unless another one goes on, its task waits again. */
  giveBack({ job, step, index, attempt, generation }: AttemptName): void {
    const queue = this.queue(step);
    if (generation === this.generation) queue?.drew(index, attempt);
    if (!this.#needs.attempts.isActive(job, step, index)) queue?.giveBack(index);
  }

  /** The bytes of its result are gone: its task waits again. */
  lose({ job, step, index, attempt }: AttemptName): void {
    const queue = this.queue(step);
    queue?.drew(index, attempt);
    if (!this.#needs.attempts.isActive(job, step, index)) queue?.giveBack(index);
  }

  /** Nothing is placed until then: some worker found nobody with the inputs. */
  missInputs(until: number): void {
    this.#inputsMissingUntil = until;
  }

  learn(result: ResultKept): void {
    this.warm.add(result.attempt.node);
    this.#seconds += result.report.seconds;
    this.#timed += 1;
  }

  /** Mean seconds of a task; undefined before the first result. */
  secondsPerTask(): number | undefined {
    return this.#timed === 0 ? undefined : this.#seconds / this.#timed;
  }

  #queueOf(step: JobRecord['steps'][number]): StepQueue {
    const { attempts, state } = this.#needs;
    return new StepQueue(
      { step },
      { state, isActive: (index) => attempts.isActive(this.id, step.name, index), active: () => attempts.tasksOf(this.id, step.name) },
    );
  }

  #holdOf(queue: StepQueue, now: number): Hold | undefined {
    const state = this.#needs.state();
    if (state.pause?.paused === true) return { code: 'job-paused' };
    const needed = queue.step.needs.find((name) => !isStepComplete(state, name));
    if (needed !== undefined) return { code: 'needs-step', step: needed };
    if (now < this.#inputsMissingUntil) return { code: 'inputs-missing' };
    return (
      this.#needs.onceOnly.holdOf(this.record, queue.step) ??
      (this.#needs.cutOff.holds(this.#knownSince, this.record.submitter) ? { code: 'cut-off' } : undefined)
    );
  }
}
