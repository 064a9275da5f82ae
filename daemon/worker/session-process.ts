/** The daemon's end of one session. */
import type { Clock } from '../clock.ts';
import type { Told } from './launcher/messages.ts';
import type { LaunchedProcess, ProcessExit, ProcessListener } from './launcher-client.ts';
import type { Fault, SessionAnswer, SessionCommand } from './session/messages.ts';
import { readAnswer } from './session-answers.ts';
import type { OnProgress } from './task-runner.ts';

type Done = Extract<SessionAnswer, { type: 'done' }>;
type Failed = Extract<SessionAnswer, { type: 'failed' }>;

export interface TaskOrder extends Omit<Extract<SessionCommand, { type: 'run' }>, 'type' | 'id'> {
  /** File for what it prints. */
  readonly log: string;
  /** Longest time it may take (milliseconds). */
  readonly limitMs: number | undefined;
  /** When its lease ends, in milliseconds of the machine's uptime. */
  readonly leaseUntil: number | undefined;
}

export type TaskEnd = (Done | Failed | { readonly type: 'died'; readonly exit: ProcessExit }) & { readonly told: Told };

/** Time a plugin has to obey an abort or to close; after it the session is ended. Together with the killing itself less than 2 s. */
const patienceMs = 1_000;
/** A plugin that has not opened by then hangs; loading a large scene is part of a task, not of this. */
const openMs = 300_000;

/** Why a session did not open: the plugin's own words, or that it died. */
export class OpenFailure extends Error {
  readonly end: ({ readonly type: 'fault'; readonly fault: Fault } | { readonly type: 'died'; readonly exit: ProcessExit }) & { readonly told: Told };
  constructor(end: OpenFailure['end']) {
    super('the session did not open');
    this.end = end;
  }
}

interface Task {
  readonly id: number;
  readonly onProgress: OnProgress;
  readonly end: (end: TaskEnd) => void;
}

export interface SessionOptions {
  /** Starts or adopts the process. */
  attach(listener: ProcessListener): LaunchedProcess;
  /** Of a session that an earlier daemon started: its process id, and the number of the last task it was given. */
  readonly left?: { readonly pid: number; readonly task: number };
  readonly openMs?: number;
}

export class SessionProcess {
  readonly ended: Promise<ProcessExit>;
  readonly #clock: Clock;
  readonly #process: LaunchedProcess;
  readonly #openMs: number;
  #exit: ProcessExit | undefined;
  #pid: number | undefined;
  #opening: PromiseWithResolvers<void> | undefined;
  #task: Task | undefined;
  #lastTask: number;
  /** Why this side ended it. */
  #verdict: Fault | undefined;

  constructor(options: SessionOptions, needs: { readonly clock: Clock }) {
    this.#clock = needs.clock;
    this.#openMs = options.openMs ?? openMs;
    this.#pid = options.left?.pid;
    this.#lastTask = options.left?.task ?? 0;
    const ended = Promise.withResolvers<ProcessExit>();
    this.ended = ended.promise;
    this.#process = options.attach({
      onStarted: (pid) => {
        this.#pid = pid;
      },
      onAnswer: (line, told) => this.#read(line, told),
      onExit: (exit) => {
        this.#exit = exit;
        ended.resolve(exit);
        const fault = this.#verdict;
        this.#opening?.reject(new OpenFailure(fault === undefined ? { type: 'died', exit, told: exit } : { type: 'fault', fault, told: exit }));
        const id = this.#task?.id ?? 0;
        this.#endTask(fault === undefined ? { type: 'died', exit, told: exit } : { type: 'failed', id, fault, understood: false, told: exit });
      },
    });
  }

  /** As its launcher counts. */
  get id(): number {
    return this.#process.id;
  }

  /** Process id outside the sandbox; undefined before it has started. */
  get pid(): number | undefined {
    return this.#pid;
  }

  get alive(): boolean {
    return this.#exit === undefined && this.#process.alive;
  }

  /** Number that its next task will have. */
  get nextTask(): number {
    return this.#lastTask + 1;
  }

  /** Rejects with OpenFailure; also when it takes beyond all measure. */
  async open(command: Extract<SessionCommand, { type: 'open' }>): Promise<void> {
    if (this.#exit !== undefined) throw new OpenFailure({ type: 'died', exit: this.#exit, told: this.#exit });
    this.#opening = Promise.withResolvers<void>();
    this.#process.write(bytesOf(command));
    const message = `the job type did not open within ${this.#openMs / 1000} s`;
    const timer = this.#clock.after(this.#openMs, () => this.#condemn({ code: 'timed-out', message, retry: true, blameNode: true }));
    try {
      await this.#opening.promise;
    } finally {
      timer.cancel();
    }
  }

  /** One at a time. Never rejects. */
  run({ log, limitMs, leaseUntil, ...order }: TaskOrder, onProgress: OnProgress): Promise<TaskEnd> {
    const id = ++this.#lastTask;
    const end = this.#follow(id, onProgress, limitMs, limitMs);
    if (this.#exit === undefined) this.#process.run(id, log, bytesOf({ type: 'run', id, ...order }), leaseUntil);
    return end;
  }

  /** The task that an earlier daemon gave it, how long ago (milliseconds). Never rejects. */
  resume(limitMs: number | undefined, runningMs: number, onProgress: OnProgress): Promise<TaskEnd> {
    return this.#follow(this.#lastTask, onProgress, limitMs, limitMs === undefined ? undefined : Math.max(0, limitMs - runningMs));
  }

  /** Moves the end of the last task's lease; of one that is done too, until its end is on disk. */
  lease(until: number): void {
    this.#process.lease(this.#lastTask, until);
  }

  /** Asks the plugin to give up the running task; ends the whole session when it does not obey at once. */
  abort(): void {
    const task = this.#task;
    if (task === undefined) return;
    this.#process.write(bytesOf({ type: 'abort', id: task.id }));
    this.#clock.after(patienceMs, () => {
      if (this.#task === task) this.kill();
    });
  }

  /** Lets the plugin close, then ends what is left. Resolves when nothing is. */
  async close(): Promise<void> {
    this.#process.write(bytesOf({ type: 'close' }));
    const timer = this.#clock.after(patienceMs, () => this.kill());
    await this.ended;
    timer.cancel();
  }

  kill(): void {
    this.#process.kill();
  }

  /** Once it has ended and what became of its task is on disk: the launcher need not remember it. */
  forget(): void {
    this.#process.forget();
  }

  #follow(id: number, onProgress: OnProgress, limitMs: number | undefined, leftMs: number | undefined): Promise<TaskEnd> {
    if (this.#exit !== undefined) return Promise.resolve({ type: 'died', exit: this.#exit, told: this.#exit });
    const ended = Promise.withResolvers<TaskEnd>();
    const message = `the task took longer than its ${(limitMs ?? 0) / 1000} s`;
    const condemn = (): void => this.#condemn({ code: 'timed-out', message, retry: true, blameNode: false });
    const timer = leftMs === undefined ? undefined : this.#clock.after(leftMs, condemn);
    const end = (how: TaskEnd): void => {
      timer?.cancel();
      ended.resolve(how);
    };
    this.#task = { id, end, onProgress };
    return ended.promise;
  }

  #condemn(fault: Fault): void {
    this.#verdict ??= fault;
    this.kill();
  }

  #read(line: string, told: Told): void {
    try {
      this.#take(readAnswer(line), told);
    } catch (error) {
      const message = `the session said something that cannot be understood: ${String(error).slice(0, 500)}`;
      this.#condemn({ code: 'program-died', message, retry: true, blameNode: false });
    }
  }

  #take(answer: SessionAnswer, told: Told): void {
    switch (answer.type) {
      case 'ready':
        this.#opening?.resolve();
        break;
      case 'open-failed':
        this.#opening?.reject(new OpenFailure({ type: 'fault', fault: answer.fault, told }));
        break;
      case 'log':
        break;
      case 'progress':
        if (answer.id === this.#task?.id) this.#task.onProgress(answer.fraction, answer.message.slice(0, 200));
        break;
      case 'done':
      case 'failed':
        if (answer.id === this.#task?.id) this.#endTask({ ...answer, told });
        break;
    }
  }

  #endTask(end: TaskEnd): void {
    const task = this.#task;
    this.#task = undefined;
    task?.end(end);
  }
}

function bytesOf(command: SessionCommand): Uint8Array {
  return Buffer.from(`${JSON.stringify(command)}\n`);
}
