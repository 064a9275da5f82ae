/** Follows a job to its end. The job never depends on it: Ctrl-C, a time-out or a lost daemon leave it running. */
import type { Client } from '../api/client.ts';
import type { SubmitReceipt } from '../api/requests.ts';
import { awaitsVoters, hasEnded, isSettled, isUndeliverable } from '../api/settled.ts';
import type { JobView } from '../api/views.ts';
import { errorKinds, outcomeExits, SupervmError, stoppedExits } from '../model/errors.ts';
import { deadline, now, pause } from './clock.ts';
import type { Context, Exit } from './context.ts';
import { type JobProgress, jobProgress } from './output/job-progress.ts';
import { outcomeText } from './output/job-text.ts';
import { shortId } from './output/units.ts';

/** A daemon that was killed is often started again at once (a service manager, an upgrade). */
const daemonPatienceMs = 20_000;
const againMs = 500;
/** Longest wait for most of the voters to have an outcome, and between two looks. */
const votersMs = 2000;
const votersLookMs = 100;
/** Before the coordinator is asked why nothing runs, and between two such questions. */
const idleMs = 2000;
const whyMs = 5000;

export interface Submission extends Required<Pick<SubmitReceipt, 'warnings' | 'notes' | 'copies'>> {
  /** Machines that --copies asked for. */
  readonly copiesAsked: number | undefined;
}

export interface WaitOptions {
  readonly timeoutSeconds: number | undefined;
  /** What was said when the job was submitted: there is one JSON document, so it goes with the outcome. */
  readonly submission?: Submission;
}

/** Shows progress, then the outcome. Rejects `timed-out`; `no-daemon` when the daemon stays away. */
export async function waitForJob(context: Context, id: string, options: WaitOptions): Promise<Exit> {
  const { output, signal } = context;
  const client = context.client();
  const first = await client.call('job', { params: { job: id } });
  const progress = jobProgress(output);
  const over = options.timeoutSeconds === undefined ? undefined : deadline(options.timeoutSeconds * 1000);
  const until = over === undefined ? signal : AbortSignal.any([signal, over]);
  try {
    progress.show(first, undefined);
    const followed = await follow(client, first, progress, until);
    // What had ended before was told before.
    const last = hasEnded(first) ? followed : await withVoters(client, followed, until);
    progress.end();
    if (signal.aborted) return detached(context, last);
    if (!isSettled(last)) throw timedOut(last);
    return report(context, last, options.submission);
  } finally {
    progress.end();
  }
}

/** The last view seen: a settled one, or any when `until` aborted. */
async function follow(client: Client, first: JobView, progress: JobProgress, until: AbortSignal): Promise<JobView> {
  let view = first;
  let lostAt: number | undefined;
  const reasons = waitingReasons(client);
  while (!until.aborted && !isSettled(view)) {
    try {
      for await (const event of client.events('jobEvents', { params: { job: first.id } }, until)) {
        lostAt = undefined;
        if (event.type !== 'progress') continue;
        view = event.view;
        progress.show(view, await reasons(view));
        if (isSettled(view)) return view;
      }
    } catch (error) {
      if (until.aborted) return view;
      if (!(error instanceof SupervmError) || error.code !== 'no-daemon') throw error;
      lostAt ??= now();
      if (now() - lostAt > daemonPatienceMs)
        throw new SupervmError(
          'no-daemon',
          error.message,
          `The job is stored and goes on where it can. Follow it again: supervm up; supervm wait ${shortId(first.id)}`,
        );
    }
    await pause(againMs, until);
  }
  return view;
}

/** What is told as ended should stay so: waits a moment for those that can say it. */
async function withVoters(client: Client, ended: JobView, until: AbortSignal): Promise<JobView> {
  const giveUpAt = now() + votersMs;
  let view = ended;
  while (awaitsVoters(view) && now() < giveUpAt && !until.aborted) {
    await pause(votersLookMs, until);
    view = await client.call('job', { params: { job: ended.id } }).catch(() => view);
  }
  return view;
}

/** Why nothing runs, once nothing has for a while. */
function waitingReasons(client: Client): (view: JobView) => Promise<string | undefined> {
  let idleSince: number | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let reason: string | undefined;
  return async (view) => {
    if (view.tasks.running > 0 || view.tasks.pending === 0) {
      idleSince = undefined;
      reason = undefined;
      return undefined;
    }
    idleSince ??= now();
    if (now() - idleSince < idleMs || now() - askedAt < whyMs) return reason;
    askedAt = now();
    const found = await client.call('why', { params: { job: view.id } }).catch(() => undefined);
    const waiting = found?.reasons.find((each) => each.code !== 'about-to-start');
    reason = waiting === undefined ? undefined : [waiting.message, waiting.hint].filter((part) => part !== '').join(' ');
    return reason;
  };
}

function report({ output }: Context, view: JobView, submission: Submission | undefined): Exit {
  const json = submission === undefined ? view : { ...view, submission };
  output.show({ human: (style) => outcomeText(view, style), json, quiet: view.outputFolder === '' ? view.id : view.outputFolder });
  if (isUndeliverable(view) && view.deliveryProblem !== undefined) {
    const { code, message } = view.deliveryProblem;
    output.warn(
      `not all results are in ${view.outputFolder}: ${message}`,
      `They are safe in the cluster and follow once that is mended, or: supervm get ${shortId(view.id)} -o FOLDER`,
    );
    const worst = Object.hasOwn(errorKinds, code) ? errorKinds[code as keyof typeof errorKinds].exit : 1;
    return view.phase === 'succeeded' ? worst : outcomeExit(view);
  }
  return outcomeExit(view);
}

function outcomeExit(view: JobView): Exit {
  return view.phase === 'active' || view.phase === 'paused' ? 1 : outcomeExits[view.phase];
}

function detached({ output, signal }: Context, view: JobView): Exit {
  const id = shortId(view.id);
  output.note(`Job ${id} goes on. Follow: supervm wait ${id}   End it: supervm cancel ${id}`);
  return signal.reason === 'SIGTERM' ? stoppedExits.terminated : stoppedExits.interrupted;
}

function timedOut(view: JobView): SupervmError {
  const id = shortId(view.id);
  return new SupervmError(
    'timed-out',
    `Job ${id} has not ended in time (${view.tasks.kept} of ${view.tasks.total} done); it goes on.`,
    `Follow: supervm wait ${id}   End it: supervm cancel ${id}`,
  );
}
