/** The daemon's end of the launcher. */
import type { JsonObject } from '../../src/model/job.ts';
import type { Startable } from '../startable.ts';
import type { LauncherCommand, LauncherReport, LeftProcess, ProcessSpec, Told } from './launcher/messages.ts';
import { killMarked } from './launcher/survivors.ts';
import { type AfterHello, type LauncherLink, type LauncherPlace, reachLauncher, silentMs } from './launcher-link.ts';
import { LauncherWatch, type WatchNeeds } from './launcher-watch.ts';
import type { Clock } from './needs.ts';
import { endTrees, isHeldByDisk, type ProcessIdentity } from './process-trees.ts';

/** How a process ended. `lost`: the launcher died with it, `silent`: having said nothing for long. */
export interface ProcessExit extends Omit<Extract<LauncherReport, { type: 'exited' }>, 'type' | 'id'> {
  readonly lost: boolean;
  readonly silent?: true;
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
  /** Values that must not be found in it, nor in anything else that the process says. */
  readonly mask: readonly string[];
}

export interface LaunchedProcess {
  /** As the launcher that `LauncherClient.name` names counts. */
  readonly id: number;
  /** False once its launcher is gone or is being ended, though `onExit` comes only when nothing of it is left. */
  readonly alive: boolean;
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
/** A killed process of which a launcher does not tell the end by then is ended without it: sooner than leases and their grace allow. */
const lateMs = 2_000;
/** For the launcher to end everything (milliseconds). */
const endMs = 5_000;

interface Known {
  readonly listener: ProcessListener;
  readonly marker: string | undefined;
  /** Once it has started. */
  process: ProcessIdentity | undefined;
}

export class LauncherClient implements Startable {
  readonly #place: LauncherPlace;
  readonly #clock: Clock;
  readonly #known = new Map<number, Known>();
  readonly #waiting: (readonly [LauncherCommand, Uint8Array | undefined])[] = [];
  #link: LauncherLink | undefined;
  #watch: LauncherWatch | undefined;
  /** Ended because it did not answer. */
  #silent: LauncherLink | undefined;
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
    this.#watch?.stop();
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
    await this.#endLauncher(link);
  }

  /** Of this launcher among all that ever ran here; undefined while there is none. */
  get name(): string | undefined {
    return this.#link?.hello.launcher;
  }

  /** What the kernel limits for it. */
  get enforces(): readonly string[] {
    return this.#link?.hello.enforces ?? [];
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
    this.#know(id, { listener, marker: what.spec.marker, process: undefined });
    this.#send({ type: 'start', id, ...what });
    return this.#process(id);
  }

  /** Takes up a process that an earlier daemon started; `listener` hears again what it answered to its last task. `marker` as when it was started. */
  adopt(id: number, marker: string | undefined, listener: ProcessListener): LaunchedProcess {
    const pid = this.left.find((left) => left.id === id)?.pid ?? 0;
    this.#know(id, { listener, marker, process: this.#link?.identify(pid) });
    this.#send({ type: 'adopt', id });
    return this.#process(id);
  }

  #process(id: number): LaunchedProcess {
    const command = (what: LauncherCommand, bytes?: Uint8Array): void => {
      if (this.#known.has(id)) this.#send(what, bytes);
    };
    const signal = (name: 'SIGTERM' | 'SIGKILL'): void => command({ type: 'signal', id, signal: name });
    const kill = (): void => {
      signal('SIGKILL');
      // A launcher that is stopped must not keep alive what has to end now.
      this.#clock.after(lateMs, () => void this.#killHere(id));
    };
    const isAlive = (): boolean => this.#known.has(id) && (this.#link === undefined || this.#silent !== this.#link);
    return {
      id,
      get alive() {
        return isAlive();
      },
      write: (bytes) => command({ type: 'write', id }, bytes),
      run: (task, log, bytes, leaseUntil) => command({ type: 'run', id, task, log, ...(leaseUntil === undefined ? {} : { leaseUntil }) }, bytes),
      lease: (task, until) => command({ type: 'lease', id, task, until }),
      terminate: () => {
        signal('SIGTERM');
        this.#clock.after(graceMs, kill);
      },
      kill,
      forget: () => this.#link?.send({ type: 'forget', id }),
    };
  }

  #know(id: number, known: Known): void {
    this.#known.set(id, known);
    this.#startWatch();
  }

  /** While it has work, and that is this daemon's concern. */
  #startWatch(): void {
    if (!this.#stopped && this.#known.size > 0) this.#watch?.start();
  }

  /** Nothing is to be heard of the process any more. */
  #unknow(id: number): void {
    this.#known.delete(id);
    if (this.#known.size === 0) this.#watch?.stop();
  }

  #take(link: LauncherLink): void {
    this.#link = link;
    this.#lastId = Math.max(this.#lastId, ...link.hello.processes.map(({ id }) => id));
    if (link.hello.asked === true) {
      const needs: WatchNeeds = {
        clock: this.#clock,
        ask: () => link.send({ type: 'ask' }),
        isHeldByDisk: () => link.process !== undefined && isHeldByDisk(link.process),
        onSilent: () => void this.#giveUp(link),
      };
      this.#watch = new LauncherWatch({ silentMs: this.#place.silentMs ?? silentMs }, needs);
      this.#startWatch();
    }
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
      .catch((error: unknown) => void this.#endAll({ problem: error instanceof Error ? error.message : String(error) }))
      .finally(() => {
        this.#reaching = false;
      });
  }

  #lose(link: LauncherLink): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#watch?.stop();
    this.#watch = undefined;
    if (!this.#stopped) void this.#endAll(this.#silent === link ? { silent: true } : {});
  }

  async #giveUp(link: LauncherLink): Promise<void> {
    this.#silent = link;
    await this.#endLauncher(link);
  }

  /** It does not answer, or does not end. */
  async #endLauncher(link: LauncherLink): Promise<void> {
    if (link.process !== undefined) await endTrees([link.process], { clock: this.#clock });
    link.cut();
  }

  /** Their pipes ended with the launcher, and they with those, but not at once; and not what had left them. Whoever hears of the loss begins anew. */
  async #endAll(why: Pick<ProcessExit, 'problem' | 'silent'>): Promise<void> {
    const known = [...this.#known.values()];
    this.#known.clear();
    this.#waiting.length = 0;
    await this.#endTrees(known);
    for (const { listener } of known) listener.onExit({ code: null, signal: null, lost: true, runningMs: 0, tail: '', ...why });
  }

  async #killHere(id: number): Promise<void> {
    const known = this.#known.get(id);
    if (known?.process === undefined) return;
    await this.#endTrees([known]);
    if (this.#known.get(id) !== known) return;
    this.#unknow(id);
    known.listener.onExit({ code: null, signal: 'SIGKILL', lost: false, runningMs: 0, tail: '' });
  }

  async #endTrees(known: readonly Known[]): Promise<void> {
    const hunt = (): void => {
      for (const { marker } of known) if (marker !== undefined) killMarked(marker);
    };
    hunt();
    const started = known.map(({ process }) => process).filter((process) => process !== undefined);
    if (started.length > 0) await endTrees(started, { clock: this.#clock });
    // Who was just being started by one of them cannot be told by its environment in that moment.
    hunt();
  }

  #hear(report: AfterHello, bytes: Uint8Array): void {
    this.#watch?.heard();
    const known = report.type === 'there' ? undefined : this.#known.get(report.id);
    if (known === undefined) return;
    const { listener } = known;
    switch (report.type) {
      case 'started':
        known.process = this.#link?.identify(report.pid);
        listener.onStarted(report.pid);
        break;
      case 'answer':
        listener.onAnswer(Buffer.from(bytes).toString(), report);
        break;
      case 'exited': {
        const { type: _, id, ...exit } = report;
        this.#unknow(id);
        listener.onExit({ lost: false, ...exit });
        break;
      }
    }
  }
}
