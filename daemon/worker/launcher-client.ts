/** The daemon's end of the launcher. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../clock.ts';
import type { Startable } from '../startable.ts';
import { encodeFrame, FrameReader } from './launcher/frames.ts';
import type { LauncherCommand, LauncherReport, OutputStream, ProcessSpec } from './launcher/messages.ts';

/** How a process ended. `lost`: the launcher died with it; `problem`: it could not be started. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lost: boolean;
  readonly problem?: string;
}

export interface ProcessListener {
  onStarted(pid: number): void;
  onOutput(stream: OutputStream, bytes: Uint8Array): void;
  /** The last call, exactly once. */
  onExit(exit: ProcessExit): void;
}

export interface LaunchedProcess {
  /** To its standard input; nothing happens once it has ended. */
  write(bytes: Uint8Array): void;
  /** SIGTERM to all of it, SIGKILL a second later. */
  terminate(): void;
  kill(): void;
}

/** Time between asking a process to end and ending it. */
const graceMs = 1_000;
/** Time for the launcher to end its sessions when the daemon stops. */
const stopMs = 3_000;

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
}

export class LauncherClient implements Startable {
  readonly #node: string;
  readonly #file: string;
  readonly #clock: Clock;
  readonly #listeners = new Map<number, ProcessListener>();
  #running: Running | undefined;
  #lastId = 0;
  #stopped = false;

  /** `node`: path of the Node executable; `file`: of launcher/main.ts or its built form. */
  constructor(options: { readonly node: string; readonly file: string }, needs: { readonly clock: Clock }) {
    this.#node = options.node;
    this.#file = options.file;
    this.#clock = needs.clock;
  }

  /** Rejects when the launcher cannot be started. */
  async start(): Promise<void> {
    const ready = Promise.withResolvers<void>();
    this.#running = this.#launch(ready.resolve);
    await Promise.race([ready.promise, this.#running.exited.then(() => Promise.reject(new Error(`the launcher ${this.#file} ended at once`)))]);
  }

  /** Every process it started has ended when this resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const running = this.#running;
    if (running === undefined) return;
    const timer = this.#clock.after(stopMs, () => running.child.kill('SIGKILL'));
    running.child.stdin?.end();
    await running.exited;
    timer.cancel();
  }

  /** Process id of the launcher; undefined while none runs. */
  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  /** Starts a process; a launcher that died is replaced first. */
  launch(spec: ProcessSpec, listener: ProcessListener): LaunchedProcess {
    const id = ++this.#lastId;
    this.#listeners.set(id, listener);
    this.#running ??= this.#launch(() => {});
    this.#send({ type: 'start', id, spec });
    const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
      if (this.#listeners.has(id)) this.#send({ type: 'signal', id, signal: name });
    };
    return {
      write: (bytes) => this.#send({ type: 'write', id }, bytes),
      terminate: () => {
        signal('SIGTERM');
        this.#clock.after(graceMs, () => signal('SIGKILL'));
      },
      kill: () => signal('SIGKILL'),
    };
  }

  #launch(onReady: () => void): Running {
    if (this.#stopped) throw new Error('the launcher was stopped');
    // Out of the terminal's process group, so that its signals reach the daemon alone.
    const child = spawn(this.#node, ['--max-semi-space-size=1', this.#file], { detached: true, env: {}, cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] });
    const reader = new FrameReader();
    const exited = Promise.withResolvers<void>();
    const running = { child, exited: exited.promise };
    child.stdin?.on('error', () => {});
    child.stdout?.on('data', (bytes: Uint8Array) => {
      for (const frame of reader.read(bytes)) this.#take(frame.header as LauncherReport, frame.bytes, onReady);
    });
    child.on('error', () => exited.resolve());
    child.on('close', () => exited.resolve());
    exited.promise.then(() => this.#died(running));
    return running;
  }

  #died(running: Running): void {
    if (this.#running === running) this.#running = undefined;
    const lost = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of lost) listener.onExit({ code: null, signal: null, lost: true });
  }

  #take(report: LauncherReport, bytes: Uint8Array, onReady: () => void): void {
    if (report.type === 'ready') {
      onReady();
      return;
    }
    const listener = this.#listeners.get(report.id);
    if (listener === undefined) return;
    switch (report.type) {
      case 'started':
        listener.onStarted(report.pid);
        break;
      case 'output':
        listener.onOutput(report.stream, bytes);
        break;
      case 'exited': {
        this.#listeners.delete(report.id);
        const { code, signal, problem } = report;
        listener.onExit({ code, signal, lost: false, ...(problem === undefined ? {} : { problem }) });
        break;
      }
    }
  }

  #send(command: LauncherCommand, bytes?: Uint8Array): void {
    this.#running?.child.stdin?.write(encodeFrame(command, bytes));
  }
}
