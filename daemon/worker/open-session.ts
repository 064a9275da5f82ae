/** Starts a session process for a job, in the sandbox, and waits until its plugin is open. */
import { chmod, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Program } from '../../src/model/inventory.ts';
import type { JobId, JobRecord, Step } from '../../src/model/job.ts';
import type { Machine } from '../../src/model/task-bounds.ts';
import type { Clock } from '../clock.ts';
import { shortName } from './attempt-logs.ts';
import type { LauncherClient } from './launcher-client.ts';
import type { ProgramFiles } from './program-files.ts';
import type { Sandbox, SandboxRequest, SessionFolders } from './sandbox/sandbox.ts';
import { accountsOf } from './sandbox/session-user.ts';
import { noteOf } from './session-note.ts';
import type { WarmSession } from './session-pool.ts';
import { SessionProcess } from './session-process.ts';
import { limitsFor, shapeOf } from './task-limits.ts';
import type { GpuDevice } from './task-needs.ts';
import { programFolder, programsFor, secretsOf } from './task-programs.ts';

export interface SessionRequest {
  /** Of the session's process, new. */
  readonly id: number;
  readonly job: JobId;
  readonly record: JobRecord;
  readonly step: Step;
  /** Whole cores that it may use. */
  readonly cores: number;
  /** Of this machine now, as far as tasks may have it. */
  readonly machine: Machine & { readonly programs: readonly Program[] };
  readonly user: number | undefined;
  /** For it alone. */
  readonly gpus: readonly GpuDevice[];
  readonly folders: SessionFolders;
  /** File for what it prints while it opens. */
  readonly log: string;
  readonly openMs: number | undefined;
  /** Kills the session while it opens. */
  readonly signal: AbortSignal;
}

export interface SessionNeeds {
  readonly clock: Clock;
  readonly launcher: LauncherClient;
  readonly sandbox: Sandbox;
  readonly files: ProgramFiles;
  /** Values of secrets by name. Throws `secret-not-found`. */
  secrets(names: readonly string[]): ReadonlyMap<string, string>;
}

/** Rejects with OpenFailure or the signal's reason; then nothing of the session is left, its folders included. */
export async function openSession(request: SessionRequest, { clock, launcher, sandbox, files, secrets }: SessionNeeds): Promise<WarmSession> {
  const { id, job, record, step, cores, folders, user, gpus, log, signal } = request;
  signal.throwIfAborted();
  const values = secrets(secretsOf(record));
  const programs = programsFor(record, request.machine.programs);
  const base = dirname(folders.scratch);
  const { spec, inside } = sandbox.wrap({
    name: `${shortName(job)}-${id}`,
    folders,
    accounts: await writeAccounts(base, user),
    user,
    network: step.requirements.network === true,
    gpus,
    limits: limitsFor(step.requirements, request.machine, base),
    readable: [...files.readable, files.node, ...programs.map(({ path }) => programFolder(path))],
    command: [files.node, '--disable-warning=ExperimentalWarning', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', files.session],
  });
  const marker = spec.marker === undefined ? {} : { marker: spec.marker };
  const shape = shapeOf(step.requirements, cores);
  const who = user === undefined ? {} : { user };
  const devices = gpus.map(({ device }) => device);
  const note = noteOf({ job, tree: record.inputs.tree, shape, folders, inside, gpus: devices, ...who, ...marker });
  const session = new SessionProcess(
    {
      attach: (listener) => launcher.launch(id, { spec, note, log, mask: [...values.values()] }, listener),
      ...(request.openMs === undefined ? {} : { openMs: request.openMs }),
    },
    { clock },
  );
  const onAbort = (): void => session.kill();
  signal.addEventListener('abort', onAbort);
  try {
    const plugin = files.plugin(record.type, record.plugin.digest);
    await session.open({
      type: 'open',
      plugin,
      inputs: inside.inputs,
      scratch: inside.scratch,
      programs,
      cores,
      isAlone: spec.marker === undefined,
      secrets: Object.fromEntries(values),
    });
    signal.throwIfAborted();
    return { job, shape, user, gpus: devices, process: session, folders, inside };
  } catch (error) {
    session.kill();
    await session.ended;
    session.forget();
    // What cannot be removed now goes with the job.
    await rm(base, { recursive: true, force: true }).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Beside the session's folders, where it cannot change them; readable for it, whatever the daemon's umask. */
async function writeAccounts(base: string, user: number | undefined): Promise<NonNullable<SandboxRequest['accounts']>> {
  const { passwd, group } = accountsOf(user ?? process.getuid?.() ?? 0);
  const files = { passwd: join(base, 'passwd'), group: join(base, 'group') };
  await Promise.all([writeFile(files.passwd, passwd), writeFile(files.group, group)]);
  await Promise.all([chmod(files.passwd, 0o644), chmod(files.group, 0o644)]);
  return files;
}
