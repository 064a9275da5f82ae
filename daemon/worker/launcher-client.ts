/** The daemon's end of the launcher. */
import type { JsonObject } from '../../src/model/job.ts';
import type { Startable } from '../startable.ts';
import type { LauncherCommand, LeftProcess, ProcessSpec, Told } from './launcher/messages.ts';
import { killMarked } from './launcher/survivors.ts';
import { type AfterHello, type LauncherLink, type LauncherPlace, reachLauncher } from './launcher-link.ts';
import type { Clock } from './needs.ts';

/** How a process ended. `lost`: the launcher died with it; `problem`: it could not be started; `leaseEnded`: for that it was ended. */
export interface ProcessExit extends Told {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lost: boolean;
  readonly problem?: string;
  readonly leaseEnded?: true;
}

export interface ProcessListener {
  onStarted(pid: number): void;
  /** A line on its file descriptor 3. */
  onAnswer(line: string, told: Told): void;
  /** The last call, exactly once. */
  onExit(exit: ProcessExit): void;
}

export interface LaunchOptions {
  readonly spec: ProcessSpec;
  /** For a daemon that comes later. */
  readonly note: JsonObject;
  /** File for what it prints. */
  readonly log: string;
}

export interface LaunchedProcess {
  /** As the launcher that `LauncherClient.name` names counts. */
  readonly id: number;
  /** To its standard input; nothing happens once it has ended. */
  write(bytes: Uint8Array): void;
  /** The same, as its task number `task`; what it prints from now on goes into `log`. `leaseUntil`: milliseconds of the machine's uptime. */
  run(task: number, log: string, bytes: Uint8Array, leaseUntil?: number): void;
  /** Moves the end of the task's lease. */
  lease(task: number, until: number): void;
  /** SIGTERM to all of it, SIGKILL a second later. */
  terminate(): void;
  kill(): void;
  /** Once it has ended and what became of its task is on disk. */
  forget(): void;
}

/** Time between asking a process to end and ending it. */
const graceMs = 1_000;
/** For the launcher to end everything (milliseconds). */
const endMs = 5_000;

interface Known {
  readonly listener: ProcessListener;
  readonly marker: string | undefined;
}

export class LauncherClient implements Startable {
  readonly #place: LauncherPlace;
  readonly #clock: Clock;
  readonly #known = new Map<number, Known>();
  readonly #waiting: (readonly [LauncherCommand, Uint8Array | undefined])[] = [];
  #link: LauncherLink | undefined;
  #reaching = false;
  #lastId = 0;
  #stopped = false;

  constructor(place: LauncherPlace, needs: { readonly clock: Clock }) {
    this.#place = place;
    this.#clock = needs.clock;
  }

  /** Finds the launcher that an earlier daemon left, or starts one. Rejects when it cannot be started. */
  async start(): Promise<void> {
    this.#take(await reachLauncher(this.#place, { clock: this.#clock }));
  }

  /** Leaves it all to the next daemon. Does not wait. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#link?.close();
  }

  /** Ends every process and the launcher itself; resolves when they are gone. */
  async end(): Promise<void> {
    const link = this.#link;
    this.#stopped = true;
    if (link === undefined) return;
    link.send({ type: 'end' });
    const late = Promise.withResolvers<void>();
    const timer = this.#clock.after(endMs, late.resolve);
    await Promise.race([link.closed, late.promise]);
    timer.cancel();
  }

  /** Of this launcher among all that ever ran here; undefined while there is none. */
  get name(): string | undefined {
    return this.#link?.hello.launcher;
  }

  /** Process id of the launcher; undefined while there is none. */
  get pid(): number | undefined {
    return this.#link?.hello.pid;
  }

  /** What an earlier daemon started, when this one began. */
  get left(): readonly LeftProcess[] {
    return this.#link?.hello.processes ?? [];
  }

  /** For a process that is about to be started; no other that runs here has it. */
  newId(): number {
    return ++this.#lastId;
  }

  /** Starts a process under a new id; a launcher that died is replaced first. */
  launch(id: number, what: LaunchOptions, listener: ProcessListener): LaunchedProcess {
    this.#known.set(id, { listener, marker: what.spec.marker });
    this.#send({ type: 'start', id, ...what });
    return this.#process(id);
  }

  /** Takes up a process that an earlier daemon started; `listener` hears again what it answered to its last task. `marker` as when it was started. */
  adopt(id: number, marker: string | undefined, listener: ProcessListener): LaunchedProcess {
    this.#known.set(id, { listener, marker });
    this.#send({ type: 'adopt', id });
    return this.#process(id);
  }

  #process(id: number): LaunchedProcess {
    const command = (what: LauncherCommand, bytes?: Uint8Array): void => {
      if (this.#known.has(id)) this.#send(what, bytes);
    };
    const signal = (name: 'SIGTERM' | 'SIGKILL'): void => command({ type: 'signal', id, signal: name });
    return {
      id,
      write: (bytes) => command({ type: 'write', id }, bytes),
      run: (task, log, bytes, leaseUntil) => command({ type: 'run', id, task, log, ...(leaseUntil === undefined ? {} : { leaseUntil }) }, bytes),
      lease: (task, until) => command({ type: 'lease', id, task, until }),
      terminate: () => {
        signal('SIGTERM');
        this.#clock.after(graceMs, () => signal('SIGKILL'));
      },
      kill: () => signal('SIGKILL'),
      forget: () => this.#link?.send({ type: 'forget', id }),
    };
  }

  #take(link: LauncherLink): void {
    this.#link = link;
    this.#lastId = Math.max(this.#lastId, ...link.hello.processes.map(({ id }) => id));
    link.onReport((report, bytes) => this.#hear(report, bytes));
    void link.closed.then(() => this.#lose(link));
    for (const [command, bytes] of this.#waiting.splice(0)) link.send(command, bytes);
  }

  #send(command: LauncherCommand, bytes?: Uint8Array): void {
    if (this.#link !== undefined) {
      this.#link.send(command, bytes);
      return;
    }
    this.#waiting.push([command, bytes]);
    if (this.#reaching || this.#stopped) return;
    this.#reaching = true;
    reachLauncher(this.#place, { clock: this.#clock })
      .then((link) => this.#take(link))
      .catch((error: unknown) => this.#endAll({ problem: error instanceof Error ? error.message : String(error) }))
      .finally(() => {
        this.#reaching = false;
      });
  }

  #lose(link: LauncherLink): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    if (this.#stopped) return;
    // Their pipes ended with it, and they with those; but not what had left them.
    for (const { marker } of this.#known.values()) if (marker !== undefined) killMarked(marker);
    this.#endAll({});
  }

  #endAll(why: { readonly problem?: string }): void {
    const known = [...this.#known.values()];
    this.#known.clear();
    this.#waiting.length = 0;
    for (const { listener } of known) listener.onExit({ code: null, signal: null, lost: true, runningMs: 0, tail: '', ...why });
  }

  #hear(report: AfterHello, bytes: Uint8Array): void {
    const listener = this.#known.get(report.id)?.listener;
    if (listener === undefined) return;
    switch (report.type) {
      case 'started':
        listener.onStarted(report.pid);
        break;
      case 'answer':
        listener.onAnswer(Buffer.from(bytes).toString(), report);
        break;
      case 'exited': {
        const { type: _, id, ...exit } = report;
        this.#known.delete(id);
        listener.onExit({ lost: false, ...exit });
        break;
      }
    }
  }
}
