/** Tries a sandbox before any task is in it. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chown, mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startCommand } from '../launcher/start-command.ts';
import type { Sandbox, SessionFolders } from './sandbox.ts';

export interface ProbeOptions {
  /** Workspaces are made below it; it must exist. */
  readonly workFolder: string;
  /** Runtime and program files: `SandboxRequest.readable` of every session. */
  readonly readable: readonly string[];
  /** Two files of them that a session cannot start without: the runtime and the session's program. */
  readonly needed: readonly [string, string];
}

export const usualFolders = ['/usr/bin', '/usr/local/bin', '/bin', '/usr/sbin', '/sbin'];
const probeMs = 10_000;

/** Undefined when a process in the sandbox runs and can read what sessions need, else why not. */
export async function probe(options: ProbeOptions, wrap: Sandbox['wrap'], user: number | undefined): Promise<string | undefined> {
  const base = join(options.workFolder, 'probe');
  const folders: SessionFolders = {
    inputs: join(base, 'inputs'),
    scratch: join(base, 'scratch'),
    temporary: join(base, 'tmp'),
    attempts: join(base, 'attempts'),
  };
  try {
    for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
    // As a session's: what lies below /tmp is shown inside it.
    if (user !== undefined) await chown(folders.temporary, user, user);
    const [runtime, program] = options.needed;
    const command = ['/usr/bin/test', '-x', runtime, '-a', '-r', program] as const;
    const { spec } = wrap({ name: 'probe', folders, readable: options.readable, user, network: false, command: [...command] });
    const { file, args } = startCommand(spec, []);
    return await outcome(file, args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

function outcome(file: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: probeMs, env: { PATH: usualFolders.join(':') } }, (error, _stdout, stderr) => {
      if (error === null) resolve(undefined);
      else resolve(stderr.trim().split('\n')[0] || 'the files of supervm cannot be read inside a sandbox');
    });
  });
}

export async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
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

/** Does the program's help name the option? */
export function offers(program: string, option: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, ['--help'], { timeout: probeMs, env: {} }, (_error, stdout, stderr) => resolve(`${stdout}${stderr}`.includes(option)));
  });
}

/** Can everybody reach and read it? */
export async function isOpenToAll(path: string): Promise<boolean> {
  for (let place = path; ; place = dirname(place)) {
    const { mode } = await stat(place);
    const wanted = place === path ? 0o004 : 0o001;
    if ((mode & wanted) !== wanted) return false;
    if (place === '/') return true;
  }
}
