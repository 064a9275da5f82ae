/** What keeps a task apart from the machine, and how a process is started inside it. */
import { SupervmError } from '../../../src/model/errors.ts';
import { type IsolationLevel, isAsIsolated } from '../../../src/model/isolation.ts';
import type { HostRequirements } from '../../../src/model/job.ts';
import { wantsOwnCores } from '../../../src/model/resources.ts';
import { gpuEnvironment } from '../gpu-grants.ts';
import type { Limits } from '../launcher/limits.ts';
import type { ProcessSpec } from '../launcher/messages.ts';
import type { GpuDevice } from '../task-needs.ts';
import { taskUser } from './session-user.ts';

export interface SandboxLevel {
  readonly level: IsolationLevel;
  /** Why it is no higher. */
  readonly reason?: string;
}

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
  /** Files that take the place of the machine's list of accounts. */
  readonly accounts?: { readonly passwd: string; readonly group: string };
  /** What the session may read of the machine besides the system's own folders: runtime, program files, detected programs. */
  readonly readable: readonly string[];
  /** Who it is; undefined: the daemon's user. */
  readonly user: number | undefined;
  /** It may reach what this machine reaches. */
  readonly network: boolean;
  /** Those it may use; it sees no others. */
  readonly gpus?: readonly GpuDevice[];
  readonly limits?: Limits;
  /** Absolute path and arguments of what to start. */
  readonly command: readonly [string, ...string[]];
}

export interface Sandboxed {
  readonly spec: ProcessSpec;
  /** The folders as the session sees them. */
  readonly inside: SessionFolders;
}

export interface Sandbox {
  readonly level: SandboxLevel;
  /** Who the session of this number is; undefined: the daemon's user. */
  userOf(session: number): number | undefined;
  wrap(request: SandboxRequest): Sandboxed;
}

/** Throws `not-isolated`. The scheduler believes what this node told; it may have changed since. `enforces`: what the kernel limits here. */
export function assertIsolated({ level }: SandboxLevel, enforces: readonly string[], requirements: HostRequirements): void {
  const { isolation } = requirements;
  if (isolation !== undefined && !isAsIsolated(level, isolation))
    throw new SupervmError('not-isolated', `this node keeps tasks apart at level ${level}; the job demands ${isolation}.`);
  if (wantsOwnCores(requirements) && !enforces.includes('cpuset'))
    throw new SupervmError('not-isolated', 'this node cannot keep cores for one task alone; the job demands that.');
}

/** The whole environment of a session; `HOME` so that programs keep their settings out of the user's. */
export function sessionEnvironment(folders: SessionFolders, name: string, gpus: readonly GpuDevice[] = []): { readonly [variable: string]: string } {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games',
    HOME: folders.scratch,
    TMPDIR: folders.temporary,
    LANG: 'C.UTF-8',
    // Where there is no list of accounts to ask: some programs (Blender by its logging library) crash when they cannot learn who they are.
    USER: taskUser,
    LOGNAME: taskUser,
    SUPERVM_SESSION: name,
    ...gpuEnvironment(gpus),
  };
}

/** Arguments of setpriv that make a root process this user for ever, without any capability to come back; a member of the groups alone that may open its GPUs. */
export function withoutPrivileges(user: number | undefined, gpus: readonly GpuDevice[] = []): readonly string[] {
  const groups = [...new Set(gpus.flatMap((gpu) => gpu.groups))];
  const become = user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`];
  return [
    ...become,
    groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`,
    '--bounding-set=-all',
    '--inh-caps=-all',
    '--ambient-caps=-all',
    '--no-new-privs',
    '--',
  ];
}
