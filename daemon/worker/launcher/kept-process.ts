/** One process that the launcher has started, and what it said that a daemon may still have to hear. */
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { BoundedFlow } from './bounded-flow.ts';
import type { ControlGroups } from './control-groups.ts';
import { LimitedSession } from './limited-session.ts';
import type { LimitHit } from './limits.ts';
import { LineReader } from './line-reader.ts';
import { masked } from './mask.ts';
import { MaskedLog } from './masked-log.ts';
import type { LauncherCommand, LauncherReport, LeftProcess, Told } from './messages.ts';
import type { Sought, Use } from './process-use.ts';
import { spawnLow } from './spawn-low.ts';
import { killMarked, signalGroup } from './survivors.ts';
import { uptimeMs } from './uptime.ts';

type Start = Extract<LauncherCommand, { type: 'start' }>;
type Run = Extract<LauncherCommand, { type: 'run' }>;
type Exited = Extract<LauncherReport, { type: 'exited' }>;

export interface KeptNeeds {
  readonly report: (report: LauncherReport, bytes?: Uint8Array) => void;
  /** The daemon does not read what it is told. */
  readonly isBehind: () => boolean;
  readonly onEnd: () => void;
  readonly groups: ControlGroups;
}

/** More often nobody needs to know how far a task is. */
const progressMs = 100;
/** More answers to one task make no sense. */
const mostAnswers = 64;
/** After the end of a process, for what it said last (milliseconds). */
const lingerMs = 1_000;

export class KeptProcess {
  readonly #start: Start;
  readonly #needs: KeptNeeds;
  readonly #lines = new LineReader();
  readonly #limited: LimitedSession | undefined;
  #child: ChildProcess | undefined;
  #log: MaskedLog;
  /** False: a daemon that came later has not asked for it yet. */
  #attached = true;
  #task: number | undefined;
  #busy = false;
  #taskSince = uptimeMs();
  #leaseUntil = Number.POSITIVE_INFINITY;
  #leaseEnded = false;
  #limit: LimitHit | undefined;
  #answers: { readonly told: Told; readonly line: string }[] = [];
  #progress: { readonly at: number; readonly line: string } | undefined;
  #exit: Exited | undefined;
  /** Its process id, and that of its group, may soon be another's. */
  #isGone = false;

  /** Starts it at once. */
  constructor(start: Start, needs: KeptNeeds) {
    this.#start = start;
    this.#needs = needs;
    this.#log = new MaskedLog(start.log, start.mask);
    const { limits, user } = start.spec;
    // Who is somebody else from the beginning may not enter a group.
    const group = limits === undefined ? undefined : user === undefined ? needs.groups.create(`${process.pid}-${start.id}`, limits) : needs.groups.none(limits);
    this.#limited = limits === undefined || group === undefined ? undefined : new LimitedSession(limits, group);
    this.#launch();
  }

  get alive(): boolean {
    return this.#exit === undefined;
  }

  /** When its lease ends what runs, in milliseconds of the machine's uptime; infinite when there is nothing to end. */
  get endsAt(): number {
    return this.#busy ? this.#leaseUntil : Number.POSITIVE_INFINITY;
  }

  write(bytes: Uint8Array): void {
    // The bytes are a view of a buffer that is read into again.
    this.#child?.stdin?.write(Buffer.from(bytes));
  }

  run({ task, log, leaseUntil }: Run, bytes: Uint8Array): void {
    this.#log.close();
    this.#log = new MaskedLog(log, this.#start.mask);
    this.#task = task;
    this.#busy = this.alive;
    this.#taskSince = uptimeMs();
    this.#leaseUntil = leaseUntil ?? Number.POSITIVE_INFINITY;
    this.#answers = [];
    this.#progress = undefined;
    if (!this.#hold(this.#limited?.begin())) this.write(bytes);
  }

  lease(task: number, until: number): void {
    if (task === this.#task) this.#leaseUntil = until;
  }

  endLease(): void {
    this.#leaseEnded = true;
    this.signal('SIGKILL');
  }

  /** Undefined when what it uses need not be looked at. */
  get watched(): Sought | undefined {
    const pid = this.#child?.pid;
    const { marker } = this.#start.spec;
    if (pid === undefined || !this.alive || this.#limited?.isWatched !== true) return undefined;
    return { pid, ...(marker === undefined ? {} : { marker }) };
  }

  /** Ends it when it wanted more than it may. False: it has no limits. */
  holdToLimits(use: Use | undefined): boolean {
    if (this.alive) this.#hold(this.#limited?.look(use));
    return this.#limited !== undefined && this.alive;
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const pid = this.#child?.pid;
    if (pid === undefined || this.#isGone || !this.alive) return;
    signalGroup(pid, signal);
    if (signal === 'SIGKILL') this.#sweep();
  }

  left(): LeftProcess {
    const { id, note } = this.#start;
    const task = this.#task === undefined ? {} : { task: this.#task };
    // Also of a task that is done: whether its lease has ended is still to be known.
    const lease = this.#leaseUntil === Number.POSITIVE_INFINITY ? {} : { leaseUntil: this.#leaseUntil };
    return { id, pid: this.#isGone ? 0 : (this.#child?.pid ?? 0), note, ...task, ...lease, busy: this.#busy, runningMs: this.#told().runningMs };
  }

  detach(): void {
    this.#attached = false;
  }

  adopt(): void {
    this.#attached = true;
    for (const { told, line } of this.#answers) this.#answer(told, line);
    if (this.#progress !== undefined) this.#answer(this.#told(), this.#progress.line);
    if (this.#exit !== undefined) this.#needs.report(this.#exit);
  }

  #launch(): void {
    const { id, spec } = this.#start;
    const failed = (problem: string): void => this.#end({ code: null, signal: null, problem });
    let child: ChildProcess;
    try {
      child = spawnLow(spec, this.#limited?.doors);
    } catch (error) {
      failed(String(error));
      return;
    }
    this.#child = child;
    child.on('error', (error) => child.pid === undefined && failed(error.message));
    if (child.pid !== undefined) this.#needs.report({ type: 'started', id, pid: child.pid });
    const [, stdout, stderr, answers] = child.stdio as readonly (Readable | null)[];
    for (const stream of [stdout, stderr, answers, child.stdin]) stream?.on('error', () => {});
    const flow = new BoundedFlow();
    for (const stream of [stdout, stderr]) if (stream) flow.read(stream, (bytes) => this.#log.write(bytes, stream));
    if (answers) flow.read(answers, (bytes) => this.#read(bytes));
    child.on('exit', (code, signal) => {
      // Whoever is left holds the pipes open, and `close` would wait for them; for one that cannot be found, for ever.
      this.#limit ??= this.#limited?.lookNow();
      this.#sweep();
      this.#isGone = true;
      const late = setTimeout(() => {
        for (const stream of [stdout, stderr, answers, child.stdin]) stream?.destroy();
        this.#end({ code, signal });
      }, lingerMs);
      child.on('close', () => clearTimeout(late));
    });
    child.on('close', (code, signal) => child.pid !== undefined && this.#end({ code, signal }));
  }

  #read(bytes: Uint8Array): void {
    try {
      for (const line of this.#lines.read(bytes)) this.#take(line);
    } catch {
      this.signal('SIGKILL');
    }
  }

  #take(said: string): void {
    const line = masked(this.#start.mask, said);
    const answer = parsed(line);
    if (answer?.type === 'log') this.#log.write(Buffer.from(`${answer.line}\n`), 'lines');
    else if (answer?.type === 'progress') this.#advance(line);
    else if (answer?.type === 'done' || !this.#hold(this.#limited?.lookNow())) {
      const told = this.#told();
      if (answer?.type === 'done' || answer?.type === 'failed') this.#rest();
      if (this.#answers.push({ told, line }) > mostAnswers) this.signal('SIGKILL');
      else if (this.#attached) this.#answer(told, line);
    }
  }

  #rest(): void {
    this.#busy = false;
    this.#limited?.rest();
  }

  /** What is told of it from now on is its end. */
  #hold(hit: LimitHit | undefined): boolean {
    if (hit === undefined) return false;
    this.#limit ??= hit;
    this.signal('SIGKILL');
    return true;
  }

  #advance(line: string): void {
    const at = uptimeMs();
    const isEarly = at < (this.#progress?.at ?? Number.NEGATIVE_INFINITY) + progressMs;
    this.#progress = { at: isEarly ? (this.#progress?.at ?? at) : at, line };
    if (this.#attached && !isEarly && !this.#needs.isBehind()) this.#answer(this.#told(), line);
  }

  #answer(told: Told, line: string): void {
    this.#needs.report({ type: 'answer', id: this.#start.id, ...told }, Buffer.from(line));
  }

  #end(how: Pick<Exited, 'code' | 'signal' | 'problem'>): void {
    if (this.#exit !== undefined) return;
    this.#exit = {
      type: 'exited',
      id: this.#start.id,
      ...how,
      ...(this.#leaseEnded ? { leaseEnded: true } : {}),
      ...(this.#limit === undefined ? {} : { limit: this.#limit }),
      ...this.#told(),
    };
    this.#busy = false;
    this.#log.close();
    this.#limited?.end();
    if (this.#attached) this.#needs.report(this.#exit);
    this.#needs.onEnd();
  }

  #told(): Told {
    return { runningMs: Math.max(0, Math.round(uptimeMs() - this.#taskSince)), tail: this.#log.tail };
  }

  #sweep(): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    signalGroup(pid, 'SIGKILL');
    this.#limited?.kill();
    if (this.#start.spec.marker !== undefined) killMarked(this.#start.spec.marker);
  }
}

/** It runs other people's code: only enough is read here to know where the line belongs; the daemon reads it in earnest. */
function parsed(line: string): { readonly type?: unknown; readonly line?: unknown } | undefined {
  try {
    const answer: unknown = JSON.parse(line);
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}
