/** What daemon and launcher say to each other. The launcher is our own child, started from the same files: versions cannot differ. */

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
}

export type LauncherCommand =
  | { readonly type: 'start'; readonly id: number; readonly spec: ProcessSpec }
  /** Followed by bytes for the process's standard input. */
  | { readonly type: 'write'; readonly id: number }
  /** To the whole group. */
  | { readonly type: 'signal'; readonly id: number; readonly signal: 'SIGTERM' | 'SIGKILL' };

/** `answers` is what the process writes to its file descriptor 3. */
export type OutputStream = 'answers' | 'stdout' | 'stderr';

export type LauncherReport =
  | { readonly type: 'ready' }
  | { readonly type: 'started'; readonly id: number; readonly pid: number }
  /** Followed by bytes. */
  | { readonly type: 'output'; readonly id: number; readonly stream: OutputStream }
  /** Nothing of the process is left and all its output was reported. `problem` when it could not be started. */
  | { readonly type: 'exited'; readonly id: number; readonly code: number | null; readonly signal: string | null; readonly problem?: string };
