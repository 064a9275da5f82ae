/** Finds out, by trying, how well tasks can be kept apart on this machine. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inBubblewrap } from './bubblewrap.ts';
import { droppedUser, type Sandboxed, type SandboxLevel, type SandboxRequest, type SessionFolders, sessionEnvironment } from './sandbox.ts';
import { findSystemFolders } from './system-folders.ts';

export interface Sandbox {
  readonly level: SandboxLevel;
  wrap(request: SandboxRequest): Sandboxed;
}

export interface SandboxOptions {
  /** Workspaces are made below it; it must exist. */
  readonly workFolder: string;
  /** Distinguishes it from every other work folder. */
  readonly mark: string;
  /** Runtime and program files: `SandboxRequest.readable` of every session. */
  readonly readable: readonly string[];
  /** Two files of them that a session cannot start without: the runtime and the session's program. */
  readonly needed: readonly [string, string];
  /** Where to look for bubblewrap and setpriv. */
  readonly searched?: readonly string[];
}

const usual = ['/usr/bin', '/usr/local/bin', '/bin', '/usr/sbin', '/sbin'];
const probeMs = 10_000;

/** The best that works here; never rejects. */
export async function chooseSandbox(options: SandboxOptions): Promise<Sandbox> {
  const searched = options.searched ?? usual;
  const root = process.getuid?.() === 0;
  const bubblewrap = await findProgram('bwrap', searched);
  const setpriv = await findProgram('setpriv', searched);
  if (bubblewrap === undefined) return unconfined(options, root, 'bubblewrap is not installed');
  if (root && setpriv === undefined) return unconfined(options, root, 'setpriv (util-linux) is not installed');
  const common = { bubblewrap, setpriv: setpriv ?? '', system: findSystemFolders(), root };
  let reason = '';
  for (const user of root ? [droppedUser, undefined] : [undefined]) {
    const wrap = (request: SandboxRequest): Sandboxed => inBubblewrap(request, { ...common, user });
    const tried = await probe(options, wrap);
    if (tried === undefined) return { level: { level: 'bubblewrap', ...(user === undefined ? {} : { user }) }, wrap };
    reason = tried;
  }
  return unconfined(options, root, reason);
}

async function unconfined(options: SandboxOptions, root: boolean, reason: string): Promise<Sandbox> {
  const paths = [options.workFolder, ...options.needed];
  const user = root && (await Promise.all(paths.map(isOpenToAll))).every((open) => open) ? { user: droppedUser } : {};
  const wrap = ({ command: [file, ...args], folders }: SandboxRequest): Sandboxed => {
    // Another daemon on this machine may run a session of the same name, or at the same path in a container; whoever hunts survivors must not meet its.
    const marker = `${options.mark}:${folders.scratch}`;
    return { spec: { file, args, folder: folders.scratch, environment: sessionEnvironment(folders, marker), marker, ...user }, inside: folders };
  };
  return { level: { level: 'none', reason, ...user }, wrap };
}

/** Undefined when a process in the sandbox runs and can read what sessions need, else why not. */
async function probe(options: SandboxOptions, wrap: Sandbox['wrap']): Promise<string | undefined> {
  const base = join(options.workFolder, 'probe');
  const folders: SessionFolders = {
    inputs: join(base, 'inputs'),
    scratch: join(base, 'scratch'),
    temporary: join(base, 'tmp'),
    attempts: join(base, 'attempts'),
  };
  try {
    for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
    const [runtime, program] = options.needed;
    const { spec } = wrap({ name: 'probe', folders, readable: options.readable, command: ['/usr/bin/test', '-x', runtime, '-a', '-r', program] });
    return await outcome(spec.file, spec.args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

function outcome(file: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: probeMs, env: { PATH: usual.join(':') } }, (error, _stdout, stderr) => {
      if (error === null) resolve(undefined);
      else resolve(stderr.trim().split('\n')[0] || 'the files of supervm cannot be read inside a sandbox');
    });
  });
}

async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** Can everybody reach and read it? */
async function isOpenToAll(path: string): Promise<boolean> {
  for (let place = path; ; place = dirname(place)) {
    const { mode } = await stat(place);
    const wanted = place === path ? 0o004 : 0o001;
    if ((mode & wanted) !== wanted) return false;
    if (place === '/') return true;
  }
}
