/** Builds the command line of bubblewrap. Nothing of the machine is visible inside but what is named here. */
import { type Sandboxed, type SandboxRequest, type SessionFolders, sessionEnvironment } from './sandbox.ts';
import type { SystemFolders } from './system-folders.ts';

export interface BubblewrapOptions {
  readonly bubblewrap: string;
  readonly setpriv: string;
  readonly system: SystemFolders;
  /** The daemon is root: it may mount as itself and must become somebody else after. */
  readonly root: boolean;
  /** What a root daemon's tasks run as; undefined when the program's files are closed to everybody else. */
  readonly user: number | undefined;
}

const inside: SessionFolders = { inputs: '/job/inputs', scratch: '/job/scratch', temporary: '/tmp', attempts: '/job/attempts' };

export function inBubblewrap(request: SandboxRequest, options: BubblewrapOptions): Sandboxed {
  const environment = sessionEnvironment(inside, request.name);
  const args = [
    ...namespaces(options.root),
    '--die-with-parent',
    '--new-session',
    ...options.system.readable.flatMap((path) => ['--ro-bind', path, path]),
    ...options.system.links.flatMap(({ path, target }) => ['--symlink', target, path]),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...['--perms', '1777', '--tmpfs', '/dev/shm'],
    ...request.readable.flatMap((path) => ['--ro-bind', path, path]),
    ...['--ro-bind', request.folders.inputs, inside.inputs],
    ...['--bind', request.folders.scratch, inside.scratch],
    ...['--bind', request.folders.temporary, inside.temporary],
    ...['--bind', request.folders.attempts, inside.attempts],
    ...['--chdir', inside.scratch],
    '--clearenv',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    '--',
    ...(options.root ? withoutPrivileges(options) : []),
    ...request.command,
  ];
  return { spec: { file: options.bubblewrap, args, folder: '/', environment: { PATH: '/usr/bin:/bin' } }, inside };
}

/** Root needs no user namespace, and in one it could become nobody else: only its own id would be mapped. */
function namespaces(root: boolean): readonly string[] {
  return root ? ['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try'] : ['--unshare-all'];
}

/** Root inside a sandbox still reads what only root may read: become another user, without any capability to come back. */
function withoutPrivileges(options: BubblewrapOptions): readonly string[] {
  const user = options.user === undefined ? [] : [`--reuid=${options.user}`, `--regid=${options.user}`];
  return [options.setpriv, ...user, '--clear-groups', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', '--no-new-privs', '--'];
}
