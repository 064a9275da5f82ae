/** What an earlier daemon left: the launcher says which sessions live, the attempt files what they are doing. Neither is believed alone. */
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { attemptKey } from '../../src/model/attempt.ts';
import type { AttemptName, Digest } from '../../src/model/job.ts';
import type { AttemptFiles, WrittenAttempt } from './attempt-files.ts';
import { fileName, shortName } from './attempt-logs.ts';
import type { LeftProcess } from './launcher/messages.ts';
import { killMarkedOf } from './launcher/survivors.ts';
import { uptimeMs } from './launcher/uptime.ts';
import type { LauncherClient } from './launcher-client.ts';
import { launcherRecordFile } from './launcher-record.ts';
import type { Clock } from './needs.ts';
import { readNote, type SessionNote } from './session-note.ts';
import type { WarmSession } from './session-pool.ts';
import { SessionProcess, type TaskEnd } from './session-process.ts';
import type { Lease, LeftAttempt, OnProgress } from './task-runner.ts';
import { workMarkFile } from './work-mark.ts';

export interface LeftSession {
  readonly session: WarmSession;
  readonly tree: Digest;
  /** One of the attempts is in it. */
  readonly isBusy: boolean;
}

/** Longest wait for the end of a session that cannot go on (milliseconds). */
const endMs = 5_000;

interface LeftTask {
  readonly session: WarmSession;
  readonly end: Promise<TaskEnd>;
  /** Who hears of its progress from now on. */
  listen(onProgress: OnProgress): void;
}

interface Leftover {
  readonly file: WrittenAttempt;
  /** While it is not finished. */
  readonly task?: LeftTask;
  readonly left: LeftAttempt;
}

interface LeftoversNeeds {
  readonly clock: Clock;
  readonly launcher: LauncherClient;
  readonly files: AttemptFiles;
}

export class Leftovers {
  readonly #folder: string;
  readonly #needs: LeftoversNeeds;
  readonly #found = new Map<string, Leftover>();

  constructor(options: { readonly folder: string }, needs: LeftoversNeeds) {
    this.#folder = options.folder;
    this.#needs = needs;
  }

  /** After the launcher's start, once: takes up the sessions that can go on, ends the others, and removes every folder that nobody needs. `mark`: the work folder's. */
  async find(mark: string): Promise<readonly LeftSession[]> {
    const { launcher, files } = this.#needs;
    const written = await files.load();
    const sessions: LeftSession[] = [];
    const ending: Promise<unknown>[] = [];
    for (const process of launcher.left) {
      const note = readNote(process.note);
      const known = written.find(({ result, session }) => result === undefined && this.#isHere(session) && isOf(session, process));
      // Without its folder its end was dealt with, but no disk took what became of it: to ask the session again would find no files.
      const file = process.busy || (await hasFolder(note, known)) ? known : undefined;
      if (note === undefined || process.task === undefined || (file === undefined && process.busy)) ending.push(this.#end(process.id, note?.marker));
      else sessions.push(this.#takeUp(process, process.task, note, file));
    }
    await Promise.all(ending);
    // A launcher that died cannot have ended those who had left their sessions.
    if (launcher.left.length === 0) killMarkedOf(mark);
    for (const file of written) {
      // Of a lease that ended while no launcher was there to see to it, nothing can be said.
      if (file.result !== undefined && (file.lease === undefined || this.#isHere(file.session)))
        this.#add({ file, left: this.#leftOf(file, 0, file.lease?.until) });
      else if (!this.#found.has(keyOf(file.attempt))) await files.remove(file.attempt);
    }
    await this.#tidy(sessions);
    return sessions;
  }

  attempts(): readonly LeftAttempt[] {
    return [...this.#found.values()].map(({ left }) => left);
  }

  has(attempt: AttemptName): boolean {
    return this.#found.has(keyOf(attempt));
  }

  /** Each once. */
  take(attempt: AttemptName): Leftover | undefined {
    const found = this.#found.get(keyOf(attempt));
    this.#found.delete(keyOf(attempt));
    return found;
  }

  #isHere(session: WrittenAttempt['session']): boolean {
    return session.launcher === this.#needs.launcher.name;
  }

  #add(leftover: Leftover): void {
    this.#found.set(keyOf(leftover.file.attempt), leftover);
  }

  #leftOf({ attempt, lease }: WrittenAttempt, runningMs: number, leaseUntil: number | undefined): LeftAttempt {
    const of = (until: number): Lease => ({ ms: lease?.ms ?? 0, until: this.#needs.clock.now() + until - uptimeMs() });
    return { attempt, runningMs, ...(lease === undefined ? {} : { lease: of(leaseUntil ?? lease.until) }) };
  }

  #takeUp({ id, pid, runningMs, leaseUntil }: LeftProcess, task: number, note: SessionNote, file: WrittenAttempt | undefined): LeftSession {
    const { clock, launcher } = this.#needs;
    const { job, shape, user, folders, inside, tree, marker, gpus = [] } = note;
    const process = new SessionProcess({ attach: (listener) => launcher.adopt(id, marker, listener), left: { pid, task } }, { clock });
    const session = { job, shape, user, gpus, process, folders, inside };
    if (file !== undefined) {
      let hear: OnProgress = () => {};
      const end = process.resume(file.limitMs, runningMs, (fraction, message) => hear(fraction, message));
      const listen = (onProgress: OnProgress): void => {
        hear = onProgress;
      };
      this.#add({ file, task: { session, end, listen }, left: this.#leftOf(file, runningMs, leaseUntil) });
    }
    return { session, tree, isBusy: file !== undefined };
  }

  /** Nobody knows what it is doing, or it was just being opened. */
  async #end(id: number, marker: string | undefined): Promise<void> {
    const ended = Promise.withResolvers<unknown>();
    const process = this.#needs.launcher.adopt(id, marker, { onStarted: () => {}, onAnswer: () => {}, onExit: ended.resolve });
    process.kill();
    // One that the kernel holds must not keep the daemon from starting.
    const timer = this.#needs.clock.after(endMs, () => ended.resolve(undefined));
    await ended.promise;
    timer.cancel();
    process.forget();
  }

  /** Leaves the inputs and sessions of those that go on. */
  async #tidy(sessions: readonly LeftSession[]): Promise<void> {
    const kept = new Map<string, Set<string>>();
    for (const { session } of sessions) {
      const own = kept.get(shortName(session.job)) ?? new Set();
      kept.set(shortName(session.job), own.add(basename(dirname(session.folders.scratch))));
    }
    for (const name of await readdir(this.#folder)) {
      const own = kept.get(name);
      if (['attempts', workMarkFile, launcherRecordFile].includes(name)) continue;
      const doomed =
        own === undefined ? [name] : (await namesIn(join(this.#folder, name, 'sessions'))).filter((id) => !own.has(id)).map((id) => join(name, 'sessions', id));
      for (const path of doomed) await rm(join(this.#folder, path), { recursive: true, force: true });
    }
  }
}

function isOf(session: WrittenAttempt['session'], process: LeftProcess): boolean {
  return session.process === process.id && session.task === process.task;
}

function keyOf(attempt: AttemptName): string {
  return `${attempt.job}/${attemptKey(attempt)}`;
}

async function hasFolder(note: SessionNote | undefined, file: WrittenAttempt | undefined): Promise<boolean> {
  if (note === undefined || file === undefined) return false;
  return stat(join(note.folders.attempts, fileName(file.attempt))).then(
    () => true,
    () => false,
  );
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
