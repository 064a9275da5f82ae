/** The daemon's end of one session. */
import type { Clock } from '../clock.ts';
import type { ProcessSpec } from './launcher/messages.ts';
import type { LaunchedProcess, LauncherClient, ProcessExit } from './launcher-client.ts';
import type { Fault, SessionAnswer, SessionCommand } from './session/messages.ts';
import { LineReader, readAnswer } from './session-answers.ts';

type Done = Extract<SessionAnswer, { type: 'done' }>;
type Failed = Extract<SessionAnswer, { type: 'failed' }>;
export type TaskOrder = Omit<Extract<SessionCommand, { type: 'run' }>, 'type' | 'id'>;
export type TaskEnd = Done | Failed | { readonly type: 'died'; readonly exit: ProcessExit };

/** Where what a session prints goes, and what it says about the task that runs. */
export interface SessionListener {
  onLog(text: string): void;
  onProgress(fraction: number, message: string): void;
}

/** Time a plugin has to obey an abort or to close; after it the session is ended. Together with the killing itself less than 2 s. */
const patienceMs = 1_000;
/** More often nobody needs to know. */
const progressMs = 100;

/** Why a session did not open: the plugin's own words, or that it died. */
export class OpenFailure extends Error {
  readonly end: { readonly type: 'fault'; readonly fault: Fault } | { readonly type: 'died'; readonly exit: ProcessExit };
  constructor(end: OpenFailure['end']) {
    super('the session did not open');
    this.end = end;
  }
}

export class SessionProcess {
  readonly ended: Promise<ProcessExit>;
  readonly #clock: Clock;
  readonly #process: LaunchedProcess;
  readonly #lines = new LineReader();
  readonly #texts = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  #exit: ProcessExit | undefined;
  #pid: number | undefined;
  #listener: SessionListener | undefined;
  #opening: PromiseWithResolvers<void> | undefined;
  #task: { readonly id: number; readonly end: (end: TaskEnd) => void; progressAt: number } | undefined;
  #lastTask = 0;

  /** Starts the process at once. */
  constructor(spec: ProcessSpec, needs: { readonly launcher: LauncherClient; readonly clock: Clock }) {
    this.#clock = needs.clock;
    const ended = Promise.withResolvers<ProcessExit>();
    this.ended = ended.promise;
    this.#process = needs.launcher.launch(spec, {
      onStarted: (pid) => {
        this.#pid = pid;
      },
      onOutput: (stream, bytes) => {
        if (stream === 'answers') this.#read(bytes);
        else this.#listener?.onLog(this.#texts[stream].decode(bytes, { stream: true }));
      },
      onExit: (exit) => {
        this.#exit = exit;
        ended.resolve(exit);
        this.#opening?.reject(new OpenFailure({ type: 'died', exit }));
        this.#endTask({ type: 'died', exit });
      },
    });
  }

  /** Process id outside the sandbox; undefined before it has started. */
  get pid(): number | undefined {
    return this.#pid;
  }

  get alive(): boolean {
    return this.#exit === undefined;
  }

  /** Rejects with OpenFailure. */
  async open(command: Extract<SessionCommand, { type: 'open' }>, listener: SessionListener): Promise<void> {
    this.#listener = listener;
    if (this.#exit !== undefined) throw new OpenFailure({ type: 'died', exit: this.#exit });
    this.#opening = Promise.withResolvers<void>();
    this.#send(command);
    await this.#opening.promise;
  }

  /** One at a time. Never rejects. */
  run(order: TaskOrder, listener: SessionListener): Promise<TaskEnd> {
    this.#listener = listener;
    if (this.#exit !== undefined) return Promise.resolve({ type: 'died', exit: this.#exit });
    const id = ++this.#lastTask;
    const ended = Promise.withResolvers<TaskEnd>();
    this.#task = { id, end: ended.resolve, progressAt: Number.NEGATIVE_INFINITY };
    this.#send({ type: 'run', id, ...order });
    return ended.promise;
  }

  /** Asks the plugin to give up the running task; ends the whole session when it does not obey at once. */
  abort(): void {
    const task = this.#task;
    if (task === undefined) return;
    this.#send({ type: 'abort', id: task.id });
    this.#clock.after(patienceMs, () => {
      if (this.#task === task) this.kill();
    });
  }

  /** Lets the plugin close, then ends what is left. Resolves when nothing is. */
  async close(): Promise<void> {
    this.#send({ type: 'close' });
    const timer = this.#clock.after(patienceMs, () => this.kill());
    await this.ended;
    timer.cancel();
  }

  kill(): void {
    this.#process.kill();
  }

  #send(command: SessionCommand): void {
    this.#process.write(Buffer.from(`${JSON.stringify(command)}\n`));
  }

  #read(bytes: Uint8Array): void {
    try {
      for (const line of this.#lines.read(bytes)) this.#take(readAnswer(line));
    } catch (error) {
      this.#listener?.onLog(`the session said something that cannot be understood: ${String(error)}\n`);
      this.kill();
    }
  }

  #take(answer: SessionAnswer): void {
    switch (answer.type) {
      case 'ready':
        this.#opening?.resolve();
        break;
      case 'open-failed':
        this.#opening?.reject(new OpenFailure({ type: 'fault', fault: answer.fault }));
        break;
      case 'log':
        this.#listener?.onLog(`${answer.line}\n`);
        break;
      case 'progress':
        this.#progress(answer.id, answer.fraction, answer.message);
        break;
      case 'done':
      case 'failed':
        if (answer.id === this.#task?.id) this.#endTask(answer);
        break;
    }
  }

  #progress(id: number, fraction: number, message: string): void {
    const task = this.#task;
    if (task?.id !== id || this.#clock.now() < task.progressAt + progressMs) return;
    task.progressAt = this.#clock.now();
    this.#listener?.onProgress(fraction, message.slice(0, 200));
  }

  #endTask(end: TaskEnd): void {
    const task = this.#task;
    this.#task = undefined;
    task?.end(end);
  }
}
