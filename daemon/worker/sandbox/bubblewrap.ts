/** Builds the command line of bubblewrap. Nothing of the machine is visible inside but what is named here. */
import { dirname } from 'node:path';
import { filterDescriptor } from '../launcher/start-command.ts';
import { type Sandboxed, type SandboxRequest, type SessionFolders, sessionEnvironment, withoutPrivileges } from './sandbox.ts';
import type { SystemFolders } from './system-folders.ts';

export interface BubblewrapOptions {
  readonly bubblewrap: string;
  readonly setpriv: string;
  readonly system: SystemFolders;
  /** The daemon is root: it may mount as itself and must become somebody else after. */
  readonly root: boolean;
  /** It can bound a file system in memory (bubblewrap 0.7). */
  readonly sizes: boolean;
  /** File with the filter of system calls. */
  readonly filter?: string;
}

const inside: SessionFolders = { inputs: '/job/inputs', scratch: '/job/scratch', temporary: '/tmp', attempts: '/job/attempts' };

/** What names of other machines are looked up by. */
const lookUp = ['/etc/resolv.conf', '/etc/hosts', '/etc/services', '/etc/protocols', '/etc/gai.conf', '/etc/host.conf'];

export function inBubblewrap(request: SandboxRequest, options: BubblewrapOptions): Sandboxed {
  const environment = sessionEnvironment(inside, request.name, request.gpus);
  const gpus = request.gpus ?? [];
  const nodes = [...new Set(gpus.flatMap((gpu) => gpu.nodes))];
  const { memoryBytes } = request.limits ?? {};
  const readable = [...request.readable, ...new Set(gpus.flatMap(({ folders }) => folders))].filter((path) => !isShown(path, options.system));
  const args = [
    ...namespaces(options.root, request.network),
    ...(options.filter === undefined ? [] : ['--seccomp', String(filterDescriptor)]),
    '--die-with-parent',
    '--new-session',
    ...parentsOf([...options.system.readable, inside.inputs]).flatMap(openFolder),
    ...options.system.readable.flatMap((path) => ['--ro-bind', path, path]),
    ...options.system.links.flatMap(({ path, target }) => ['--symlink', target, path]),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...['--perms', '1777', ...(options.sizes && memoryBytes !== undefined ? ['--size', String(Math.floor(memoryBytes / 2))] : []), '--tmpfs', '/dev/shm'],
    ...parentsOf(nodes)
      .filter((folder) => folder !== '/dev')
      .flatMap(openFolder),
    ...nodes.flatMap((node) => ['--dev-bind', node, node]),
    ...(request.accounts === undefined ? [] : ['--ro-bind', request.accounts.passwd, '/etc/passwd', '--ro-bind', request.accounts.group, '/etc/group']),
    ...(request.network ? lookUp.flatMap((path) => ['--ro-bind-try', path, path]) : []),
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
    // Root inside a sandbox still reads what only root may read.
    ...(options.root ? [options.setpriv, ...withoutPrivileges(request.user, gpus)] : []),
    ...request.command,
  ];
  const limited = request.limits === undefined ? {} : { limits: request.limits };
  const filtered = options.filter === undefined ? {} : { filter: options.filter };
  return { spec: { file: options.bubblewrap, args, folder: '/', environment: { PATH: '/usr/bin:/bin' }, ...limited, ...filtered }, inside };
}

/** Root needs no user namespace, and in one it could become nobody else: only its own id would be mapped. */
function namespaces(root: boolean, network: boolean): readonly string[] {
  const own = root ? ['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'] : ['--unshare-all'];
  if (network) return root ? own : [...own, '--share-net'];
  return root ? [...own, '--unshare-net'] : own;
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
