/** Finds out, by trying, how well tasks can be kept apart on this machine. */
import { writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { inBubblewrap } from './bubblewrap.ts';
import { callFilter } from './call-filter.ts';
import { findProgram, isOpenToAll, offers, type ProbeOptions, probe, usualFolders } from './probe.ts';
import { type Sandbox, type Sandboxed, type SandboxRequest, sessionEnvironment, withoutPrivileges } from './sandbox.ts';
import { sessionUser, sharedUser } from './session-user.ts';
import { findSystemFolders } from './system-folders.ts';

export interface SandboxOptions extends ProbeOptions {
  /** Distinguishes the work folder from every other. */
  readonly mark: string;
  /** What the kernel limits here for the launcher. */
  readonly enforces: readonly string[];
  /** Where to look for bubblewrap and setpriv. */
  readonly searched?: readonly string[];
}

type Wrap = Sandbox['wrap'];
type UserOf = Sandbox['userOf'];

/** Lies in the work folder. */
const filterFile = 'calls.bpf';

/** The best that works here; never rejects. */
export async function chooseSandbox(options: SandboxOptions): Promise<Sandbox> {
  const searched = options.searched ?? usualFolders;
  const root = process.getuid?.() === 0;
  const bubblewrap = await findProgram('bwrap', searched);
  const setpriv = await findProgram('setpriv', searched);
  const own: UserOf = (session) => sessionUser(options.mark, session);
  const shared: UserOf = () => sharedUser;
  if (platform() !== 'linux') return open(options, { root: false, setpriv }, [], `${platform()} has no sandbox that supervm can use`);
  if (bubblewrap === undefined) return open(options, { root, setpriv }, [own, shared], 'bubblewrap is not installed');
  if (root && setpriv === undefined) return open(options, { root, setpriv }, [shared], 'setpriv (util-linux) is not installed');
  const common = { bubblewrap, setpriv: setpriv ?? '', system: findSystemFolders(), root, sizes: await offers(bubblewrap, '--size') };
  let reason = '';
  const filter = await writeFilter(options);
  for (const filtered of filter === undefined ? [undefined] : [filter, undefined]) {
    for (const userOf of root ? [own, shared, nobody] : [nobody]) {
      const wrap: Wrap = (request) => inBubblewrap(request, { ...common, ...(filtered === undefined ? {} : { filter: filtered }) });
      const tried = await probe(options, wrap, userOf(0));
      if (tried === undefined) return { level: levelOf(options, filtered !== undefined), userOf, wrap };
      reason = tried;
    }
  }
  return open(options, { root, setpriv }, [own, shared], reason);
}

const nobody: UserOf = () => undefined;

function levelOf({ enforces }: SandboxOptions, isFiltered: boolean): Sandbox['level'] {
  const missing = ['memory', 'pids'].filter((one) => !enforces.includes(one));
  if (!isFiltered) return { level: 'limited', reason: 'system calls cannot be filtered here' };
  if (missing.length > 0)
    return { level: 'limited', reason: `control groups for ${missing.join(' and ')} are not permitted here; supervm watches the limits itself` };
  return { level: 'full' };
}

/** Undefined where none can be had. */
async function writeFilter({ workFolder }: SandboxOptions): Promise<string | undefined> {
  const bytes = callFilter(arch());
  const path = join(workFolder, filterFile);
  if (bytes === undefined) return undefined;
  return writeFile(path, bytes, { mode: 0o644 }).then(
    () => path,
    () => undefined,
  );
}

/** Without bubblewrap: at best another user. */
async function open(
  options: SandboxOptions,
  { root, setpriv }: { readonly root: boolean; readonly setpriv: string | undefined },
  users: readonly UserOf[],
  reason: string,
): Promise<Sandbox> {
  const wrap = ({ command, folders, user, gpus, limits }: SandboxRequest): Sandboxed => {
    const [file, ...args] = user !== undefined && setpriv !== undefined ? ([setpriv, ...withoutPrivileges(user, gpus), ...command] as const) : command;
    // Another daemon on this machine may run a session of the same name, or at the same path in a container; whoever hunts survivors must not meet its.
    const marker = `${options.mark}:${folders.scratch}`;
    const as = user !== undefined && setpriv === undefined ? { user } : {};
    const limited = limits === undefined ? {} : { limits };
    return {
      spec: { file, args, folder: folders.scratch, environment: sessionEnvironment(folders, marker, gpus), marker, ...as, ...limited },
      inside: folders,
    };
  };
  const none: Sandbox = { level: { level: 'none', reason }, userOf: nobody, wrap };
  const isOpen = root && (await Promise.all([options.workFolder, ...options.needed].map(isOpenToAll))).every((one) => one);
  if (!isOpen) return none;
  for (const userOf of users) {
    if (setpriv === undefined || (await probe(options, wrap, userOf(0))) === undefined) return { level: { level: 'user', reason }, userOf, wrap };
  }
  return none;
}
