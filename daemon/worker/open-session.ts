/** Starts a session process for a job, in the sandbox, and waits until its plugin is open. */
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Program } from '../../src/model/inventory.ts';
import type { JobId, JobRecord } from '../../src/model/job.ts';
import type { Clock } from '../clock.ts';
import { shortName } from './attempt-logs.ts';
import type { LauncherClient } from './launcher-client.ts';
import type { ProgramFiles } from './program-files.ts';
import type { Sandbox } from './sandbox/choose-sandbox.ts';
import type { SessionFolders } from './sandbox/sandbox.ts';
import { noteOf } from './session-note.ts';
import type { WarmSession } from './session-pool.ts';
import { SessionProcess } from './session-process.ts';
import { programFolder, programsFor } from './task-programs.ts';

export interface SessionRequest {
  /** Of the session's process, new. */
  readonly id: number;
  readonly job: JobId;
  readonly record: JobRecord;
  readonly cores: number;
  readonly folders: SessionFolders;
  readonly programs: readonly Program[];
  /** File for what it prints while it opens. */
  readonly log: string;
  readonly limits: { readonly openMs?: number };
  /** Kills the session while it opens. */
  readonly signal: AbortSignal;
}

export interface SessionNeeds {
  readonly clock: Clock;
  readonly launcher: LauncherClient;
  readonly sandbox: Sandbox;
  readonly files: ProgramFiles;
}

/** Rejects with OpenFailure or the signal's reason; then nothing of the session is left, its folders included. */
export async function openSession(request: SessionRequest, { clock, launcher, sandbox, files }: SessionNeeds): Promise<WarmSession> {
  const { id, job, record, cores, folders, log, signal } = request;
  signal.throwIfAborted();
  const programs = programsFor(record, request.programs);
  const { spec, inside } = sandbox.wrap({
    name: `${shortName(job)}-${id}`,
    folders,
    readable: [...files.readable, files.node, ...programs.map(({ path }) => programFolder(path))],
    command: [files.node, '--disable-warning=ExperimentalWarning', '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', files.session],
  });
  const marker = spec.marker === undefined ? {} : { marker: spec.marker };
  const note = noteOf({ job, tree: record.inputs.tree, cores, folders, inside, ...marker });
  const process = new SessionProcess({ attach: (listener) => launcher.launch(id, { spec, note, log }, listener), ...request.limits }, { clock });
  const onAbort = (): void => process.kill();
  signal.addEventListener('abort', onAbort);
  try {
    const plugin = files.plugin(record.type, record.plugin.digest);
    await process.open({ type: 'open', plugin, inputs: inside.inputs, scratch: inside.scratch, programs, cores, isAlone: spec.marker === undefined });
    signal.throwIfAborted();
    return { job, cores, process, folders, inside };
  } catch (error) {
    process.kill();
    await process.ended;
    process.forget();
    await rm(dirname(folders.scratch), { recursive: true, force: true });
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
