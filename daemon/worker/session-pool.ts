/** The warm sessions of this node. A job may have several, one for each of its tasks that run here at the same time. */
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JobId } from '../../src/model/job.ts';
import type { SessionFolders } from './sandbox/sandbox.ts';
import type { SessionProcess } from './session-process.ts';

export interface WarmSession {
  readonly job: JobId;
  /** What it was made for (task-limits.ts). */
  readonly shape: string;
  /** Who it is outside, when not the daemon's user. */
  readonly user: number | undefined;
  /** Devices that are its alone. */
  readonly gpus: readonly string[];
  readonly process: SessionProcess;
  /** Outside the sandbox, and as the session sees them. */
  readonly folders: SessionFolders;
  readonly inside: SessionFolders;
}

/** Sessions kept although nothing runs in them: each may hold a whole scene in memory. */
const mostIdle = 4;

export class SessionPool {
  /** Longest idle first. */
  readonly #idle = new Set<WarmSession>();
  readonly #busy = new Set<WarmSession>();
  readonly #ending = new Map<WarmSession, Promise<void>>();

  /** An idle session of the job that was made for the same, now busy; undefined when there is none. */
  take(job: JobId, shape: string): WarmSession | undefined {
    for (const session of this.#idle) {
      // A dead one goes when nothing of it is left.
      if (session.job !== job || session.shape !== shape || !session.process.alive) continue;
      this.#idle.delete(session);
      this.#busy.add(session);
      return session;
    }
    return undefined;
  }

  /** A session that was just opened, and is busy. */
  add(session: WarmSession): WarmSession {
    this.#busy.add(session);
    session.process.ended.then(() => {
      // Who has a task in a busy one sees to that first.
      if (this.#idle.delete(session)) void this.#end(session);
    });
    return session;
  }

  /** `keep`: it can take another task. */
  release(session: WarmSession, keep: boolean): void {
    if (!this.#busy.delete(session)) return;
    if (!keep || !session.process.alive) {
      void this.#end(session);
      return;
    }
    this.#idle.add(session);
    if (this.#idle.size <= mostIdle) return;
    const [oldest] = this.#idle;
    if (oldest === undefined) return;
    this.#idle.delete(oldest);
    void this.#end(oldest);
  }

  /** Resolves when no session of the job is left. */
  async close(job: JobId): Promise<void> {
    const own = [...this.#idle, ...this.#busy].filter((session) => session.job === job);
    for (const session of own) this.#idle.delete(session);
    await Promise.all(own.map((session) => this.#end(session)));
  }

  gpusHeld(): readonly string[] {
    return [...this.#idle, ...this.#busy, ...this.#ending.keys()].flatMap(({ gpus }) => gpus);
  }

  async endGpuHolder(): Promise<boolean> {
    const idle = [...this.#idle].find(({ gpus }) => gpus.length > 0);
    if (idle !== undefined && this.#idle.delete(idle)) void this.#end(idle);
    const ending = [...this.#ending].filter(([{ gpus }]) => gpus.length > 0).map(([, ended]) => ended);
    if (ending.length > 0) await Promise.race(ending);
    return ending.length > 0;
  }

  #end(session: WarmSession): Promise<void> {
    const ended = this.#ending.get(session) ?? this.#close(session).finally(() => this.#ending.delete(session));
    this.#ending.set(session, ended);
    return ended;
  }

  /** With its folders: a job may go on for months. */
  async #close(session: WarmSession): Promise<void> {
    await session.process.close();
    session.process.forget();
    // What cannot be removed now goes with the job.
    await rm(dirname(session.folders.attempts), { recursive: true, force: true }).catch(() => {});
  }
}
