/** What keeps a task apart from the machine, and how a process is started inside it. */
import type { ProcessSpec } from '../launcher/messages.ts';

export type SandboxLevel =
  /** Own file system view, processes and network. `user`: what tasks run as; undefined: as the daemon's user. */
  | { readonly level: 'bubblewrap'; readonly user?: number }
  /** Only a process group. `reason`: why there is no more. */
  | { readonly level: 'none'; readonly reason: string; readonly user?: number };

/** Folders of one session, as they are outside. */
export interface SessionFolders {
  readonly inputs: string;
  /** Read and write, and the home of the programs. */
  readonly scratch: string;
  readonly temporary: string;
  /** One folder an attempt, below it its outputs. */
  readonly attempts: string;
}

export interface SandboxRequest {
  /** Distinguishes the session among those of this daemon. */
  readonly name: string;
  readonly folders: SessionFolders;
  /** What the session may read of the machine besides the system's own folders: runtime, program files, detected programs. */
  readonly readable: readonly string[];
  /** Absolute path and arguments of what to start. */
  readonly command: readonly [string, ...string[]];
}

export interface Sandboxed {
  readonly spec: ProcessSpec;
  /** The folders as the session sees them. */
  readonly inside: SessionFolders;
}

/** Who tasks are when the daemon is root: nobody, on every Linux. */
export const droppedUser = 65_534;

/** The whole environment of a session; `HOME` so that programs keep their settings out of the user's. */
export function sessionEnvironment(folders: SessionFolders, name: string): { readonly [variable: string]: string } {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games',
    HOME: folders.scratch,
    TMPDIR: folders.temporary,
    LANG: 'C.UTF-8',
    SUPERVM_SESSION: name,
  };
}
