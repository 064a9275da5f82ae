/** Runs attempts for real: inputs from the blobs, a sandboxed session a job, outputs into the blobs. */
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../../src/model/inventory.ts';
import type { AttemptName, JobId, JobRecord, NodeId, Step } from '../../src/model/job.ts';
import { parametersOf } from '../../src/model/parameter-space.ts';
import type { Clock } from '../clock.ts';
import type { AttemptLog } from './attempt-log.ts';
import { type AttemptLogs, fileName, shortName } from './attempt-logs.ts';
import { collectOutputs } from './collect-outputs.ts';
import { hostProcessId } from './host-process.ts';
import { LauncherClient } from './launcher-client.ts';
import { openSession } from './open-session.ts';
import type { ProgramFiles } from './program-files.ts';
import { chooseSandbox, type Sandbox } from './sandbox/choose-sandbox.ts';
import type { SandboxLevel } from './sandbox/sandbox.ts';
import { SessionPool, type WarmSession } from './session-pool.ts';
import type { SessionListener } from './session-process.ts';
import { exitFault, faultFrom } from './task-faults.ts';
import type { BlobFiles, Trees } from './task-needs.ts';
import type { Left, RunningTask, RunResult, TaskRunner } from './task-runner.ts';
import { Workspace } from './workspace.ts';

export interface SessionRunnerOptions {
  /** For workspaces; whatever is in it is removed at the start. */
  readonly folder: string;
  readonly files: ProgramFiles;
  /** Where to look for bubblewrap, when not in the usual places. */
  readonly searched?: readonly string[];
}

export interface SessionRunnerNeeds {
  readonly clock: Clock;
  readonly blobFiles: BlobFiles;
  readonly trees: Trees;
  readonly logs: AttemptLogs;
  /** What this node has, as it advertises it. */
  inventory(): { readonly cores: number; readonly programs: readonly Program[] };
}

interface Order {
  readonly attempt: AttemptName;
  readonly record: JobRecord;
  readonly step: Step;
  readonly holders: readonly NodeId[];
  readonly cores: number;
  readonly log: AttemptLog;
  readonly listener: SessionListener;
  readonly signal: AbortSignal;
}

export class SessionRunner implements TaskRunner {
  readonly #options: SessionRunnerOptions;
  readonly #needs: SessionRunnerNeeds;
  readonly #launcher: LauncherClient;
  readonly #pool = new SessionPool();
  readonly #workspaces = new Map<JobId, Workspace>();
  readonly #running = new Map<AbortController, { readonly job: JobId; readonly result: Promise<RunResult> }>();
  readonly #forgetting = new Map<JobId, Promise<void>>();
  #sandbox: Sandbox | undefined;
  #sessions = 0;

  constructor(options: SessionRunnerOptions, needs: SessionRunnerNeeds) {
    this.#options = options;
    this.#needs = needs;
    this.#launcher = new LauncherClient({ node: options.files.node, file: options.files.launcher }, { clock: needs.clock });
  }

  /** How tasks are kept apart here; known after start. */
  get sandboxLevel(): SandboxLevel {
    return this.#sandbox?.level ?? { level: 'none', reason: 'not started' };
  }

  get launcherPid(): number | undefined {
    return this.#launcher.pid;
  }

  async start(): Promise<void> {
    const { folder, files, searched } = this.#options;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
    await this.#launcher.start();
    this.#sandbox = await chooseSandbox({
      workFolder: folder,
      readable: [...files.readable, files.node],
      needed: [files.node, files.session],
      ...(searched === undefined ? {} : { searched }),
    });
  }

  async stop(): Promise<void> {
    for (const job of this.#workspaces.keys()) this.forget(job);
    await Promise.all(this.#forgetting.values());
    await this.#launcher.stop();
  }

  left(): Left {
    return { attempts: [], jobs: [] };
  }

  adopt(): never {
    throw new Error('nothing was left to adopt');
  }

  settle(): void {}

  run(attempt: AttemptName, record: JobRecord, holders: readonly NodeId[], onProgress: (fraction: number, message: string) => void): RunningTask {
    const abort = new AbortController();
    const result = this.#attempt(attempt, record, holders, onProgress, abort.signal);
    this.#running.set(abort, { job: attempt.job, result });
    result.then(() => this.#running.delete(abort));
    return { result, abort: () => abort.abort() };
  }

  forget(job: JobId): void {
    if (this.#forgetting.has(job) || !this.#workspaces.has(job)) return;
    const forgetting = this.#end(job).then(() => void this.#forgetting.delete(job));
    this.#forgetting.set(job, forgetting);
  }

  async #end(job: JobId): Promise<void> {
    const workspace = this.#workspaces.get(job);
    this.#workspaces.delete(job);
    const running = [...this.#running].filter(([, task]) => task.job === job);
    for (const [abort] of running) abort.abort();
    await Promise.all(running.map(([, task]) => task.result));
    await this.#pool.close(job);
    await workspace?.remove();
  }

  async #attempt(
    attempt: AttemptName,
    record: JobRecord,
    holders: readonly NodeId[],
    onProgress: (fraction: number, message: string) => void,
    signal: AbortSignal,
  ): Promise<RunResult> {
    let log: AttemptLog | undefined;
    try {
      await this.#forgetting.get(attempt.job);
      signal.throwIfAborted();
      const step = record.steps.find(({ name }) => name === attempt.step);
      if (step === undefined) throw new Error(`the job has no step ${attempt.step}`);
      log = await this.#needs.logs.create(attempt);
      // A job that was forgotten meanwhile must not get a workspace: nobody would remove it.
      signal.throwIfAborted();
      const own = log;
      const listener: SessionListener = { onLog: (text) => own.write(text), onProgress };
      return await this.#perform({ attempt, record, step, holders, cores: this.#coresOf(step), log, listener, signal });
    } catch (error) {
      if (signal.aborted) return { type: 'aborted' };
      return { type: 'failed', failure: { ...faultFrom(error), logTail: log?.tail ?? '' } };
    } finally {
      await log?.close();
    }
  }

  async #perform(order: Order): Promise<RunResult> {
    const { attempt, step, signal, listener, log } = order;
    const workspace = this.#workspace(order.record, attempt.job);
    const session = this.#pool.take(attempt.job, order.cores) ?? (await this.#open(order, workspace));
    const name = fileName(attempt);
    let keep = false;
    const onAbort = (): void => session.process.abort();
    try {
      const outputs = await workspace.attempt(session.folders, name);
      signal.throwIfAborted();
      signal.addEventListener('abort', onAbort);
      const startedAt = this.#needs.clock.wall();
      const started = this.#needs.clock.now();
      const parameters = parametersOf(step, attempt.index);
      const end = await session.process.run(
        { step: step.name, script: step.script, parameters, outputs: join(session.inside.attempts, name, 'outputs') },
        listener,
      );
      keep = end.type === 'done' || (end.type === 'failed' && end.understood);
      if (signal.aborted) return { type: 'aborted' };
      if (end.type === 'died') return { type: 'failed', failure: { ...exitFault(end.exit), logTail: log.tail } };
      if (end.type === 'failed') return { type: 'failed', failure: { ...end.fault, logTail: log.tail } };
      const seconds = (this.#needs.clock.now() - started) / 1000;
      const process = hostProcessId(session.process.pid ?? 0, end.process) ?? end.process;
      const kept = await collectOutputs(outputs, end.outputs, this.#needs.blobFiles);
      return { type: 'done', outputs: kept, report: { process, startedAt, seconds, warnings: end.warnings } };
    } finally {
      signal.removeEventListener('abort', onAbort);
      await rm(join(session.folders.attempts, name), { recursive: true, force: true });
      this.#pool.release(session, keep);
    }
  }

  /** A new session of the job, opened; its death while opening is the attempt's failure. */
  async #open(order: Order, workspace: Workspace): Promise<WarmSession> {
    const { attempt, record, cores, listener, signal } = order;
    const sandbox = this.#sandbox;
    if (sandbox === undefined) throw new Error('not started');
    listener.onProgress(0, 'fetching inputs');
    const inputs = await orAborted(workspace.inputs(order.holders), signal);
    listener.onProgress(0, 'starting');
    const folders = await workspace.session(inputs);
    const { programs } = this.#needs.inventory();
    const name = `${shortName(attempt.job)}-${++this.#sessions}`;
    const session = await openSession(
      { name, job: attempt.job, record, cores, folders, programs, listener, signal },
      { clock: this.#needs.clock, launcher: this.#launcher, sandbox, files: this.#options.files },
    );
    this.#pool.add(session);
    return session;
  }

  #workspace(record: JobRecord, job: JobId): Workspace {
    const known = this.#workspaces.get(job);
    if (known !== undefined) return known;
    const user = this.#sandbox?.level.user;
    const workspace = new Workspace({ folder: join(this.#options.folder, shortName(job)), tree: record.inputs.tree, user }, { trees: this.#needs.trees });
    this.#workspaces.set(job, workspace);
    return workspace;
  }

  /** Whole cores: programs take a number of threads. */
  #coresOf(step: Step): number {
    const { cores } = step.requirements;
    return Math.max(1, Math.floor(cores === 'all' ? this.#needs.inventory().cores : cores));
  }
}

/** Stops waiting when aborted; the work itself goes on for whoever else waits for it. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
