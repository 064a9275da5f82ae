/** The processes one launcher has started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { LauncherReport, OutputStream, ProcessSpec } from './messages.ts';
import { killMarked, signalGroup } from './survivors.ts';

interface Started {
  readonly child: ChildProcess;
  readonly spec: ProcessSpec;
}

export class Processes {
  readonly #started = new Map<number, Started>();
  readonly #paused = new Set<Readable>();
  /** False: hold back output until `resume`. */
  readonly #report: (report: LauncherReport, bytes?: Uint8Array) => boolean;

  constructor(needs: { readonly report: (report: LauncherReport, bytes?: Uint8Array) => boolean }) {
    this.#report = needs.report;
  }

  start(id: number, spec: ProcessSpec): void {
    let child: ChildProcess;
    try {
      child = spawnLow(spec);
    } catch (error) {
      this.#report({ type: 'exited', id, code: null, signal: null, problem: String(error) });
      return;
    }
    if (child.pid !== undefined) {
      this.#started.set(id, { child, spec });
      this.#report({ type: 'started', id, pid: child.pid });
    }
    let problem: string | undefined;
    child.on('error', (error) => {
      problem = error.message;
      if (child.pid === undefined) this.#report({ type: 'exited', id, code: null, signal: null, problem });
    });
    const [, stdout, stderr, answers] = child.stdio;
    this.#forward(id, 'stdout', stdout);
    this.#forward(id, 'stderr', stderr);
    this.#forward(id, 'answers', answers);
    child.stdin?.on('error', () => {});
    // Whoever is left holds the pipes open, and `close` would wait for them.
    child.on('exit', () => this.#sweep(id));
    child.on('close', (code, signal) => {
      if (child.pid === undefined) return;
      this.#started.delete(id);
      this.#report({ type: 'exited', id, code, signal });
    });
  }

  write(id: number, bytes: Uint8Array): void {
    // The bytes are a view of a buffer that is read into again.
    this.#started.get(id)?.child.stdin?.write(Buffer.from(bytes));
  }

  signal(id: number, signal: 'SIGTERM' | 'SIGKILL'): void {
    const pid = this.#started.get(id)?.child.pid;
    if (pid === undefined) return;
    signalGroup(pid, signal);
    if (signal === 'SIGKILL') this.#sweep(id);
  }

  resume(): void {
    for (const stream of this.#paused) stream.resume();
    this.#paused.clear();
  }

  killAll(): void {
    for (const id of this.#started.keys()) this.signal(id, 'SIGKILL');
  }

  #sweep(id: number): void {
    const started = this.#started.get(id);
    if (started?.child.pid === undefined) return;
    signalGroup(started.child.pid, 'SIGKILL');
    if (started.spec.marker !== undefined) killMarked(started.spec.marker);
  }

  #forward(id: number, name: OutputStream, stream: Readable | Writable | null | undefined): void {
    if (stream === null || stream === undefined || !('read' in stream)) return;
    stream.on('error', () => {});
    stream.on('data', (bytes: Uint8Array) => {
      if (this.#report({ type: 'output', id, stream: name }, bytes)) return;
      stream.pause();
      this.#paused.add(stream);
    });
  }
}

/** In a process group of its own, at low priority: whoever owns the machine comes first. */
function spawnLow(spec: ProcessSpec): ChildProcess {
  const child = spawn(spec.file, spec.args, {
    cwd: spec.folder,
    env: { ...spec.environment },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    ...(spec.user === undefined ? {} : { uid: spec.user, gid: spec.user }),
  });
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already; the session lowers itself too.
  }
  return child;
}
