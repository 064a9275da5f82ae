/** Runs attempts for real: inputs from the blobs, a sandboxed session a job, outputs into the blobs. */
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AttemptName, JobId, JobRecord, NodeId, Step } from '../../src/model/job.ts';
import { parametersOf } from '../../src/model/parameter-space.ts';
import { coresFor } from '../../src/model/task-bounds.ts';
import { AttemptFiles, type WrittenAttempt } from './attempt-files.ts';
import { fileName } from './attempt-logs.ts';
import { concludeAttempt } from './conclude-attempt.ts';
import { GpuGrants } from './gpu-grants.ts';
import { uptimeMs } from './launcher/uptime.ts';
import { LauncherClient } from './launcher-client.ts';
import { launcherRecordFile } from './launcher-record.ts';
import { Leftovers } from './leftovers.ts';
import { openSession } from './open-session.ts';
import { orAborted } from './or-aborted.ts';
import type { ProgramFiles } from './program-files.ts';
import { removeAttempt } from './remove-attempt.ts';
import { RunningAttempt } from './running-attempt.ts';
import { chooseSandbox } from './sandbox/choose-sandbox.ts';
import { assertIsolated, type Sandbox, type SandboxLevel } from './sandbox/sandbox.ts';
import { SessionPool, type WarmSession } from './session-pool.ts';
import type { TaskEnd } from './session-process.ts';
import type { SessionRunnerNeeds } from './session-runner-needs.ts';
import { faultFrom } from './task-faults.ts';
import { shapeOf } from './task-limits.ts';
import type { Lease, Left, OnProgress, RunningTask, RunResult, TaskRunner } from './task-runner.ts';
import { workMark } from './work-mark.ts';
import type { Workspace } from './workspace.ts';
import { Workspaces } from './workspaces.ts';

export interface SessionRunnerOptions {
  /** For workspaces and what is running in them. */
  readonly folder: string;
  /** Path of the launcher's socket, in a folder that nobody else may enter. */
  readonly socket: string;
  readonly files: ProgramFiles;
  /** Where to look for bubblewrap, when not in the usual places. */
  readonly searched?: readonly string[];
  /** How long the launcher keeps what runs while there is no daemon. */
  readonly patienceMs?: number;
  /** How long a session may take to open. */
  readonly openMs?: number;
  /** After so long without a word the launcher is replaced. */
  readonly silentMs?: number;
}

interface Order {
  readonly attempt: AttemptName;
  readonly record: JobRecord;
  readonly step: Step;
  readonly holders: readonly NodeId[];
  readonly cores: number;
  readonly log: string;
  readonly running: RunningAttempt;
}

/** An upgrade or a crash is over by then; whoever stopped the daemon for good has the processor back. */
const patienceMs = 60_000;

export class SessionRunner implements TaskRunner {
  readonly #options: SessionRunnerOptions;
  readonly #needs: SessionRunnerNeeds;
  readonly #launcher: LauncherClient;
  readonly #files: AttemptFiles;
  readonly #leftovers: Leftovers;
  readonly #pool = new SessionPool();
  readonly #gpus: GpuGrants;
  readonly #workspaces: Workspaces;
  readonly #running = new Set<RunningAttempt>();
  readonly #forgetting = new Map<JobId, Promise<void>>();
  #sandbox: Sandbox | undefined;

  constructor(options: SessionRunnerOptions, needs: SessionRunnerNeeds) {
    this.#options = options;
    this.#needs = needs;
    this.#workspaces = new Workspaces(options, needs);
    this.#gpus = new GpuGrants(this.#pool, () => needs.gpus());
    const { files, socket, silentMs } = options;
    const record = join(options.folder, launcherRecordFile);
    const place = { node: files.node, file: files.launcher, socket, record, patienceMs: options.patienceMs ?? patienceMs };
    this.#launcher = new LauncherClient(silentMs === undefined ? place : { ...place, silentMs }, { clock: needs.clock });
    this.#files = new AttemptFiles({ folder: join(options.folder, 'attempts') });
    this.#leftovers = new Leftovers({ folder: options.folder }, { clock: needs.clock, launcher: this.#launcher, files: this.#files });
  }

  /** How tasks are kept apart here; known after start. */
  get sandboxLevel(): SandboxLevel {
    return this.#sandbox?.level ?? { level: 'none', reason: 'not started' };
  }

  /** What the kernel limits for tasks; known after start. */
  get enforces(): readonly string[] {
    return this.#launcher.enforces;
  }

  get launcherPid(): number | undefined {
    return this.#launcher.pid;
  }

  /** Finds what an earlier daemon left running. */
  async start(): Promise<void> {
    const { folder, files, searched } = this.#options;
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
    await this.#launcher.start();
    const mark = await workMark(folder);
    const sessions = await this.#leftovers.find(mark);
    this.#sandbox = await chooseSandbox({
      workFolder: folder,
      mark,
      enforces: this.enforces,
      readable: [...files.readable, files.node],
      needed: [files.node, files.session],
      ...(searched === undefined ? {} : { searched }),
    });
    for (const { session, tree, isBusy } of sessions) {
      this.#workspaces.of(session.job, tree, true);
      this.#pool.add(session);
      if (!isBusy) this.#pool.release(session, true);
    }
  }

  /** Leaves what runs to the launcher, for the next start. */
  async stop(): Promise<void> {
    await this.#launcher.stop();
  }

  /** Ends everything that runs, and the launcher. Instead of `stop`, or before it. */
  async end(): Promise<void> {
    for (const job of this.#workspaces.jobs) this.forget(job);
    await Promise.all(this.#forgetting.values());
    await this.#launcher.end();
  }

  left(): Left {
    const attempts = this.#leftovers.attempts();
    return { attempts, jobs: [...new Set([...this.#workspaces.jobs, ...attempts.map(({ attempt }) => attempt.job)])] };
  }

  adopt(attempt: AttemptName, onProgress: OnProgress): RunningTask {
    const left = this.#leftovers.take(attempt);
    const running = new RunningAttempt(attempt, onProgress, left?.left.lease);
    if (left === undefined) return this.#follow(running, Promise.resolve({ type: 'aborted' }));
    const { file, task } = left;
    if (task === undefined) {
      running.ending = file;
      return this.#follow(running, Promise.resolve(file.result ?? { type: 'aborted' }));
    }
    task.listen(running.onProgress);
    return this.#follow(running, this.#conclude(running, task.session, file, task.end));
  }

  settle(attempt: AttemptName): void {
    if (this.#leftovers.has(attempt)) this.adopt(attempt, () => {}).abort();
    // A file that cannot be removed is an offer more after the next start, which will be refused.
    this.#files.remove(attempt).catch(() => {});
  }

  run(attempt: AttemptName, record: JobRecord, holders: readonly NodeId[], onProgress: OnProgress, lease?: Lease): RunningTask {
    const running = new RunningAttempt(attempt, onProgress, lease);
    return this.#follow(running, this.#attempt(record, holders, running));
  }

  forget(job: JobId): void {
    if (this.#forgetting.has(job) || !this.#workspaces.has(job)) return;
    const forgetting = this.#endJob(job).then(() => void this.#forgetting.delete(job));
    this.#forgetting.set(job, forgetting);
  }

  #follow(running: RunningAttempt, result: Promise<RunResult>): RunningTask {
    this.#running.add(running);
    running.ended = result.finally(() => this.#running.delete(running));
    return { result: running.ended, abort: () => running.abort(), renew: (until) => this.#renew(running, until) };
  }

  #renew(running: RunningAttempt, until: number): void {
    running.renew(until);
    // No launcher knows of it any more.
    if (running.ending !== undefined) void this.#keep(running, running.ending);
  }

  /** Puts it on disk as it is now. A disk that does not take it costs it only if the daemon ends before it is answered for. */
  async #keep({ lease }: RunningAttempt, file: WrittenAttempt): Promise<void> {
    const known = lease === undefined ? {} : { lease: { ms: lease.ms, until: this.#uptimeOf(lease.until) } };
    await this.#files.write({ ...file, ...known }).catch(() => {});
  }

  async #endJob(job: JobId): Promise<void> {
    const workspace = this.#workspaces.take(job);
    const running = [...this.#running].filter((task) => task.attempt.job === job);
    for (const task of running) task.abort();
    await Promise.all(running.map((task) => task.ended));
    await this.#pool.close(job);
    await workspace?.remove();
  }

  async #attempt(record: JobRecord, holders: readonly NodeId[], running: RunningAttempt): Promise<RunResult> {
    const { attempt, signal } = running;
    try {
      await this.#forgetting.get(attempt.job);
      signal.throwIfAborted();
      const step = record.steps.find(({ name }) => name === attempt.step);
      if (step === undefined) throw new Error(`the job has no step ${attempt.step}`);
      const log = await this.#needs.logs.place(attempt);
      // A job that was forgotten meanwhile must not get a workspace: nobody would remove it.
      signal.throwIfAborted();
      return await this.#perform({ attempt, record, step, holders, cores: coresFor(step.requirements, this.#needs.inventory().cores), log, running });
    } catch (error) {
      if (signal.aborted) return { type: 'aborted' };
      return { type: 'failed', failure: faultFrom(error) };
    }
  }

  async #perform(order: Order): Promise<RunResult> {
    const { attempt, step, running, log, cores } = order;
    const since = this.#needs.clock.now();
    const workspace = this.#workspaces.of(attempt.job, order.record.inputs.tree);
    const session = this.#pool.take(attempt.job, shapeOf(step.requirements, cores)) ?? (await this.#open(order, workspace));
    let file: WrittenAttempt;
    try {
      await this.#needs.mayBegin?.(since, order.record.submitter, running.signal);
      running.signal.throwIfAborted();
      const limitMs = step.timeoutSeconds === undefined ? {} : { limitMs: step.timeoutSeconds * 1000 };
      const place = { launcher: this.#launcher.name ?? '', process: session.process.id, task: session.process.nextTask };
      const lease = running.lease === undefined ? {} : { lease: { ms: running.lease.ms, until: this.#uptimeOf(running.lease.until) } };
      file = { attempt, cores, session: place, startedAt: this.#needs.clock.wall(), ...limitMs, ...lease };
      await this.#files.write(file);
      running.signal.throwIfAborted();
    } catch (error) {
      await removeAttempt(session.folders, fileName(attempt));
      this.#pool.release(session, true);
      throw error;
    }
    const outputs = join(session.inside.attempts, fileName(attempt), 'outputs');
    const what = { step: step.name, script: step.script, parameters: parametersOf(step, attempt.index), outputs };
    const leaseUntil = running.lease === undefined ? undefined : this.#uptimeOf(running.lease.until);
    const end = session.process.run({ ...what, log, limitMs: file.limitMs, leaseUntil }, running.onProgress);
    return this.#conclude(running, session, file, end);
  }

  /** Waits for the end of the task that the session has, and puts what became of it on disk. */
  async #conclude(running: RunningAttempt, session: WarmSession, file: WrittenAttempt, ending: Promise<TaskEnd>): Promise<RunResult> {
    const outputs = { base: dirname(session.folders.attempts), below: join('attempts', fileName(file.attempt), 'outputs') };
    let keep = false;
    try {
      running.attach({ abort: () => session.process.abort(), renew: (until) => session.process.lease(this.#uptimeOf(until)) });
      const end = await ending;
      keep = end.type === 'done' || (end.type === 'failed' && end.understood);
      const isVoid = running.signal.aborted || (end.type === 'died' && end.exit.leaseEnded === true);
      if (isVoid) return { type: 'aborted' };
      const result = await concludeAttempt(end, { outputs, startedAt: file.startedAt, pid: session.process.pid }, this.#needs);
      running.ending = { ...file, result };
      await this.#keep(running, running.ending);
      return result;
    } finally {
      running.attach(undefined);
      await removeAttempt(session.folders, fileName(file.attempt));
      this.#pool.release(session, keep);
    }
  }

  /** A new session of the job, opened; its death while opening is the attempt's failure. */
  async #open(order: Order, workspace: Workspace): Promise<WarmSession> {
    const { attempt, record, step, cores, log, running } = order;
    const { signal, onProgress } = running;
    const sandbox = this.#sandbox;
    if (sandbox === undefined) throw new Error('not started');
    assertIsolated(sandbox.level, this.enforces, step.requirements);
    onProgress(0, 'fetching inputs');
    const inputs = await orAborted(workspace.inputs(order.holders), signal);
    onProgress(0, 'starting');
    return this.#gpus.forSession(step.requirements.gpus ?? 0, async (gpus) => {
      const id = this.#launcher.newId();
      const user = sandbox.userOf(id);
      const folders = await workspace.session(inputs, id, user);
      const own = { id, user, gpus, folders, machine: this.#needs.inventory(), openMs: this.#options.openMs };
      const needs = { ...this.#needs, launcher: this.#launcher, sandbox, files: this.#options.files };
      return this.#pool.add(await openSession({ job: attempt.job, record, step, cores, log, signal, ...own }, needs));
    });
  }

  /** Clock milliseconds as those of the machine's uptime, which other processes know too. */
  #uptimeOf(clockMs: number): number {
    return uptimeMs() + clockMs - this.#needs.clock.now();
  }
}
