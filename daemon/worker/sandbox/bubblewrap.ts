/** Builds the command line of bubblewrap. Nothing of the machine is visible inside but what is named here. */
import { dirname } from 'node:path';
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
  const readable = request.readable.filter((path) => !isShown(path, options.system));
  const args = [
    ...namespaces(options.root),
    '--die-with-parent',
    '--new-session',
    ...parentsOf([...options.system.readable, inside.inputs]).flatMap(openFolder),
    ...options.system.readable.flatMap((path) => ['--ro-bind', path, path]),
    ...options.system.links.flatMap(({ path, target }) => ['--symlink', target, path]),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...['--perms', '1777', '--tmpfs', '/dev/shm'],
    ...['--ro-bind', request.folders.inputs, inside.inputs],
    ...['--bind', request.folders.scratch, inside.scratch],
    ...['--bind', request.folders.temporary, inside.temporary],
    ...['--bind', request.folders.attempts, inside.attempts],
    // After /tmp, which would hide what lies below it.
    ...parentsOf(readable).flatMap(openFolder),
    // Some exist only in a checkout, some only once built.
    ...readable.flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--remount-ro', '/'],
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

function isShown(path: string, system: SystemFolders): boolean {
  return system.readable.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

/** Every folder above the paths, parents before children. Those that bubblewrap makes itself are closed to other users. */
function parentsOf(paths: readonly string[]): readonly string[] {
  const parents = new Set<string>();
  for (const path of paths) for (let parent = dirname(path); parent !== '/'; parent = dirname(parent)) parents.add(parent);
  return [...parents].filter((parent) => parent !== inside.temporary).sort();
}

function openFolder(path: string): readonly string[] {
  return ['--perms', '0755', '--dir', path];
}
