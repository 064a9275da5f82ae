/** Jobs as people see them. Pure. */
import type { LogView } from '../../src/api/requests.ts';
import type { ConflictView, FailureView, JobView, ResultView, RunningView } from '../../src/api/views.ts';
import type { AttemptFailed, Ended } from '../../src/model/facts.ts';
import type { AttemptName, JobId, NodeId, TaskReference } from '../../src/model/job.ts';
import type { JobState, TaskKey } from '../../src/model/job-state.ts';
import { differInOutputs } from '../../src/model/merge.ts';
import { taskName } from '../../src/model/parameter-space.ts';
import { jobPhase, jobTally } from '../../src/model/phase.ts';
import { failedAttempts, failedTasks, stepOf } from '../../src/model/standing.ts';
import { jobBounds, type Nodes } from './job-bounds.ts';
import type { JobOverview } from './needs.ts';
import type { DeliveryState } from './services.ts';

/** Failed tasks named in one view; the counts are complete. */
const mostFailures = 50;

/** Conflicting tasks shown with all their results; `conflicts` names all. */
const mostConflicts = 50;

/** What else is known of a job beside its facts. */
export interface JobSurroundings extends Nodes {
  readonly overview: JobOverview | undefined;
  readonly delivery: DeliveryState | undefined;
  readonly copies: Pick<JobView, 'copies' | 'copiesWanted' | 'resultCopies'>;
  /** Will the outcome never be undone, as far as is known here? */
  isSettled(ended: Ended): boolean;
}

export function jobView(state: JobState, around: JobSurroundings): JobView {
  const { record } = state;
  const phase = jobPhase(state);
  const tally = jobTally(state);
  const ended = state.ended.get(state.generation);
  const running = phase === 'active' || phase === 'paused' ? (around.overview?.running ?? []) : [];
  const bounds = jobBounds(state, running, around);
  return {
    id: state.id,
    name: record?.name ?? '',
    type: record?.type ?? '',
    owner: record?.owner ?? '',
    phase,
    settled: ended !== undefined && around.isSettled(ended),
    ...(ended === undefined || ended.quorate === true ? {} : { degraded: true }),
    generation: state.generation,
    submittedAt: record?.submittedAt ?? 0,
    submitter: record?.submitter ?? '',
    outputFolder: record?.outputFolder ?? '',
    tasks: { ...tally, running: Math.min(running.length, tally.pending), pending: Math.max(0, tally.pending - running.length) },
    delivered: around.delivery?.files,
    deliveryComplete: around.delivery?.complete,
    deliveryProblem: around.delivery?.problem,
    running: running.map(
      ({ attempt, fraction, message, seconds }): RunningView => ({
        attempt,
        task: nameOfTask(state, attempt),
        nodeName: around.nameOf(attempt.node),
        fraction,
        message,
        seconds,
      }),
    ),
    failures: failureViews(state, around),
    ...(bounds.length === 0 ? {} : { bounds }),
    etaSeconds: around.overview?.etaSeconds,
    conflicts: [...state.conflicts].map((key) => nameOfTask(state, referenceOf(key))),
    conflictingResults: [...state.conflicts].slice(0, mostConflicts).map((key) => conflictView(state, key, around.nameOf)),
    ...around.copies,
  };
}

/** The chosen result of the task, and those that made other files. */
export function conflictView(state: JobState, key: TaskKey, nameOf: (node: NodeId) => string): ConflictView {
  const chosen = state.results.get(key);
  const others = (state.spareResults.get(key) ?? []).filter((spare) => chosen !== undefined && differInOutputs(chosen, spare));
  const results = [chosen, ...others].filter((result) => result !== undefined);
  return {
    task: nameOfTask(state, referenceOf(key)),
    results: results.map(({ attempt, outputs, quorate }) => ({ nodeName: nameOf(attempt.node), quorate: quorate === true, outputs })),
  };
}

function failureViews(state: JobState, around: JobSurroundings): readonly FailureView[] {
  return failedTasks(state)
    .slice(0, mostFailures)
    .map((task) => {
      const attempts = failedAttempts(state, task.step, task.index);
      const last = latest(attempts);
      return {
        task: nameOfTask(state, task),
        code: last?.failure.code ?? 'task-failed',
        message: last?.failure.message ?? '',
        nodeName: last === undefined ? '' : around.nameOf(last.attempt.node),
        attempts: attempts.length,
        logTail: last?.failure.logTail ?? '',
      };
    });
}

/** A fault of the task tells more than a node that was lost, the later more than the earlier. */
function latest(attempts: readonly AttemptFailed[]): AttemptFailed | undefined {
  return attempts.toSorted((a, b) => Number(a.failure.blameNode) - Number(b.failure.blameNode) || b.at - a.at)[0];
}

export function resultViews(state: JobState, nameOf: (node: NodeId) => string): readonly ResultView[] {
  return sortedResults(state).map((fact) => ({
    task: nameOfTask(state, fact.attempt),
    attempt: fact.attempt,
    nodeName: nameOf(fact.attempt.node),
    process: fact.report.process,
    seconds: fact.report.seconds,
    outputs: fact.outputs,
    warnings: fact.report.warnings,
  }));
}

export interface LocatedLog {
  readonly attempt: AttemptName;
  readonly view: LogView;
}

/** Every ended attempt in the order of tasks; `task` keeps those whose name contains it. */
export function logViews(state: JobState, nameOf: (node: NodeId) => string, task: string | undefined): readonly LocatedLog[] {
  const failed = [...state.failures.values()].map(
    ({ attempt, failure, at }): LocatedLog => ({
      attempt,
      view: {
        task: nameOfTask(state, attempt),
        attempt: attempt.attempt,
        nodeName: nameOf(attempt.node),
        outcome: 'failed',
        message: failure.message,
        lines: linesOf(failure.logTail),
        at,
      },
    }),
  );
  const kept = sortedResults(state).map(
    ({ attempt, report, at }): LocatedLog => ({
      attempt,
      view: {
        task: nameOfTask(state, attempt),
        attempt: attempt.attempt,
        nodeName: nameOf(attempt.node),
        outcome: 'kept',
        message: `done in ${report.seconds.toFixed(1)} s`,
        lines: report.warnings,
        at,
      },
    }),
  );
  return [...failed, ...kept]
    .toSorted((a, b) => compareReferences(a.attempt, b.attempt) || a.view.at - b.view.at)
    .filter(({ view }) => task === undefined || isTaskNamed(view.task, task));
}

/** By a part of its name that ends with the name or a word of it: `frame=1` is not `frame=12`. */
function isTaskNamed(name: string, wanted: string): boolean {
  return `${name} `.includes(`${wanted.trim()} `);
}

function sortedResults(state: JobState): NonNullable<ReturnType<JobState['results']['get']>>[] {
  return [...state.results.values()].toSorted((a, b) => compareReferences(a.attempt, b.attempt));
}

/** In the order of the steps' names, which is the same on every node. */
function compareReferences(a: TaskReference, b: TaskReference): number {
  if (a.step !== b.step) return a.step < b.step ? -1 : 1;
  return a.index - b.index;
}

function nameOfTask(state: JobState, task: TaskReference): string {
  const step = stepOf(state, task.step);
  try {
    return step === undefined ? `${task.step} ${task.index}` : taskName(step, task.index);
  } catch (error) {
    // A fact from elsewhere may name a task that the record does not have.
    if (error instanceof RangeError) return `${task.step} ${task.index}`;
    throw error;
  }
}

function referenceOf(key: TaskKey): TaskReference {
  const slash = key.lastIndexOf('/');
  return { step: key.slice(0, slash), index: Number(key.slice(slash + 1)) };
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** The job that an id or an unambiguous beginning of one names; the candidates otherwise. */
export function matchJob(jobs: ReadonlyMap<JobId, JobState>, text: string): { readonly found: JobState | undefined; readonly candidates: readonly JobId[] } {
  const wanted = text.toLowerCase();
  const exact = jobs.get(wanted);
  const visible = [...jobs.values()].filter((state) => !state.removed && state.id.startsWith(wanted));
  const found = exact !== undefined && !exact.removed ? exact : visible.length === 1 ? visible[0] : undefined;
  return { found, candidates: visible.map((state) => state.id) };
}
