/** What daemon and launcher say to each other over the launcher's socket. */
import type { JsonObject } from '../../../src/model/job.ts';
import type { Controller } from './group-places.ts';
import type { LimitHit, Limits } from './limits.ts';

/**
 * Raised with every change of what is said here, or between daemon and sessions (session/messages.ts): after an upgrade the launcher of
 * the old version may still be there. The frames and `version` in `hello` never change; a launcher of another version is told to end.
 * What only some launchers of a version understand is told in their `hello`.
 */
export const launcherVersion = 2;

export interface ProcessSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** The whole environment: nothing is inherited. */
  readonly environment: { readonly [name: string]: string };
  /** Run as this user and group; only a root launcher can. */
  readonly user?: number;
  /**
   * Also end processes that left the group, recognised by `SUPERVM_SESSION=<marker>` in their environment. For sessions without a
   * process namespace, whose end would not end them.
   */
  readonly marker?: string;
  /** For it and everything that it starts, together. */
  readonly limits?: Limits;
  /** A file that it finds open as descriptor 4: what bubblewrap has the kernel refuse. */
  readonly filter?: string;
}

export type LauncherCommand =
  /** What it prints goes into the file `log`, without the values of `mask`. `note` is for a daemon that comes later. */
  | {
      readonly type: 'start';
      readonly id: number;
      readonly spec: ProcessSpec;
      readonly note: JsonObject;
      readonly log: string;
      readonly mask: readonly string[];
    }
  /** Followed by bytes for the process's standard input. */
  | { readonly type: 'write'; readonly id: number }
  /** The same, giving it task number `task`: what it printed so far belonged to another. `leaseUntil` as in `lease`. */
  | { readonly type: 'run'; readonly id: number; readonly task: number; readonly log: string; readonly leaseUntil?: number }
  /** End the process when the machine has been up for so many milliseconds, sleep included, and the task still runs. */
  | { readonly type: 'lease'; readonly id: number; readonly task: number; readonly until: number }
  /** To the whole group. */
  | { readonly type: 'signal'; readonly id: number; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** Tell me of this one, which an earlier daemon started: what it has answered since it got its task, and from now on. */
  | { readonly type: 'adopt'; readonly id: number }
  /** Nothing of it need be remembered: it has ended, and what became of its task is on disk. */
  | { readonly type: 'forget'; readonly id: number }
  /** Are you there? Answered at once by `there`, if `hello` said `asked`. */
  | { readonly type: 'ask' }
  /** End every process, then yourself. */
  | { readonly type: 'end' };

/** A process that an earlier daemon started. */
export interface LeftProcess {
  readonly id: number;
  /** 0 once it has ended: the number may be another's. */
  readonly pid: number;
  readonly note: JsonObject;
  /** Number of the last task it was given; absent before the first. */
  readonly task?: number;
  /** It has neither ended nor said how the task ended. */
  readonly busy: boolean;
  /** Since it was given the task. */
  readonly runningMs: number;
  /** When the lease of the last task ends, in milliseconds of the machine's uptime; also when that is done. */
  readonly leaseUntil?: number;
}

/** What goes with an answer and an end: how long the task has taken by then, and the last lines that the process printed. */
export interface Told {
  readonly runningMs: number;
  readonly tail: string;
}

export type LauncherReport =
  /** The first word on every connection. `launcher` names this one among all that ever ran here; it can be `asked`. `pidSpace`: where its process ids are valid; `enforces`: what the kernel limits for it, the rest it watches itself. */
  | {
      readonly type: 'hello';
      readonly version: number;
      readonly launcher: string;
      readonly pid: number;
      readonly asked?: true;
      readonly pidSpace?: string;
      readonly enforces?: readonly Controller[];
      readonly processes: readonly LeftProcess[];
    }
  | { readonly type: 'there' }
  | { readonly type: 'started'; readonly id: number; readonly pid: number }
  /** Followed by a line that the process wrote to its file descriptor 3. Kept until it is given another task. */
  | ({ readonly type: 'answer'; readonly id: number } & Told)
  /** Nothing of the process is left. `problem` when it could not be started; `leaseEnded`, `limit`: for that it was ended. Kept until `forget`. */
  | ({
      readonly type: 'exited';
      readonly id: number;
      readonly code: number | null;
      readonly signal: string | null;
      readonly problem?: string;
      readonly leaseEnded?: true;
      readonly limit?: LimitHit;
    } & Told);
