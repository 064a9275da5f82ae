/** Starting a daemon in the background and stopping it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { errorOf, isErrorCode } from '../api/problem.ts';
import type { EndOfTasks, ShutdownReceipt } from '../api/requests.ts';
import { SupervmError } from '../model/errors.ts';
import type { Paths } from '../settings/paths.ts';
import { makePrivateFolder } from '../settings/private-folder.ts';
import { programFile } from '../settings/program-files.ts';
import { now, pause } from './clock.ts';
import type { Context } from './context.ts';
import { isAlive } from './is-alive.ts';
import type { Passphrase } from './passphrase.ts';

const startMs = 30_000;
const stopMs = 20_000;
const lookMs = 50;
/**
 * Node lets new objects fill 16 MiB and more before it looks for garbage among them, and then the old ones to a multiple of what lives; a daemon should
 * not hold that, nor should strangers who knock be able to make it. As in bin/supervm.
 */
const smallHeap = ['--max-semi-space-size=1', '--heap-growing-percent=50'];
/**
 * As in bin/supervm: one store of memory for all threads, for each further one of glibc's holds megabytes for nothing; and pieces of a
 * mebibyte on stay outside it, so that freeing one gives it back. Left alone, glibc keeps up to 32 MiB once it has seen such pieces freed.
 */
const lean = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '1048576', MALLOC_TRIM_THRESHOLD_: '1048576' };

/** True when a daemon answers. Rejects what is not the absence of one, e.g. `not-allowed`. */
export async function isRunning(context: Context): Promise<boolean> {
  try {
    await context.client().call('health');
    return true;
  } catch (error) {
    if (error instanceof SupervmError && error.code === 'no-daemon') return false;
    throw error;
  }
}

/** `flags`: the daemon's settings as words. `passphrase`: of an encrypted home. Resolves with the pid once the daemon answers; rejects with the daemon's own reason when it ends before. */
export async function startDaemon(context: Context, flags: readonly string[], passphrase?: Passphrase): Promise<number> {
  const { paths, signal } = context;
  makePrivateFolder(paths.home);
  mkdirSync(paths.logs, { recursive: true, mode: 0o700 });
  const output = openSync(paths.startOutput, 'w', 0o600);
  const typed = passphrase?.file === undefined ? passphrase?.text : undefined;
  const words = [...process.execArgv, ...smallHeap, programFile('src/main.ts'), 'daemon', '--json', ...flags, ...passphraseWords(passphrase)];
  // A session of its own and no terminal: closing this one must not end it. Its folder must not keep a disk from being unmounted.
  const child = spawn(process.execPath, words, {
    detached: true,
    stdio: [typed === undefined ? 'ignore' : 'pipe', output, output],
    cwd: '/',
    env: { ...context.environment.variables, ...lean },
  });
  closeSync(output);
  // It may end before it has read that.
  child.stdin?.on('error', () => undefined).end(typed);
  const failure = once(child, 'error').then(([error]) => error as Error);
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  const giveUpAt = now() + startMs;
  while (!ended && !signal.aborted) {
    if (child.pid === undefined) throw new SupervmError('internal', `The daemon could not be started: ${(await failure).message}`);
    if (await isRunning(context)) {
      child.unref();
      return child.pid;
    }
    if (now() > giveUpAt) break;
    await pause(lookMs, signal);
  }
  if (ended) throw startFailure(paths.startOutput, paths.log);
  child.kill('SIGTERM');
  if (signal.aborted) throw new SupervmError('timed-out', 'Stopped before the daemon was up.');
  throw new SupervmError('timed-out', `The daemon has not come up in ${startMs / 1000} s.`, `Its log: ${paths.log}`);
}

/** Every user of the machine can read them. */
function passphraseWords(passphrase: Passphrase | undefined): readonly string[] {
  return passphrase === undefined ? [] : ['--passphrase-file', passphrase.file ?? '-'];
}

/** What the daemon printed last: a problem in JSON where it knew what was wrong. */
function startFailure(outputFile: string, log: string): SupervmError {
  const lines = readFileSync(outputFile, 'utf8').trim().split('\n');
  for (const line of lines.toReversed()) {
    try {
      const problem = JSON.parse(line) as { readonly code?: unknown };
      if (isErrorCode(problem.code)) return errorOf(problem, 500);
    } catch {
      // Not the line we look for.
    }
  }
  return new SupervmError('internal', `The daemon ended at its start: ${lines.at(-1) || 'it said nothing'}`, `What it printed: ${outputFile}. Its log: ${log}`);
}

/** Asks the daemon to stop now and resolves when its process is gone, as `daemonGone`; undefined when none ran. */
export async function stopDaemon(context: Context, tasks: EndOfTasks, patience?: Patience): Promise<ShutdownReceipt | undefined> {
  let receipt: ShutdownReceipt;
  try {
    receipt = await context.client().call('shutdown', { body: { tasks } });
  } catch (error) {
    if (error instanceof SupervmError && error.code === 'no-daemon') return undefined;
    throw error;
  }
  await daemonGone(context, receipt.pid, patience);
  return receipt;
}

export interface Patience {
  /** Milliseconds; default 20 s. */
  readonly afterMs?: number;
  /** Called once when it takes longer, instead of giving up. */
  late(pid: number): void;
}

/** Resolves when the process of a daemon that was told to stop is gone. Rejects `timed-out` after 20 s, or with `patience` when the user ends the waiting. */
export async function daemonGone(
  context: { readonly paths: Pick<Paths, 'log'>; readonly signal: AbortSignal },
  pid: number,
  patience?: Patience,
): Promise<void> {
  const { paths, signal } = context;
  const { afterMs = stopMs, late } = patience ?? {};
  const lateAt = now() + afterMs;
  const hint = `Its log: ${paths.log}. To end it: kill -9 ${pid}`;
  let told = false;
  while (isAlive(pid)) {
    if (!told && now() > lateAt) {
      if (late === undefined) throw new SupervmError('timed-out', `The daemon (pid ${pid}) has not stopped in ${afterMs / 1000} s.`, hint);
      told = true;
      late(pid);
    }
    if (told && signal.aborted)
      throw new SupervmError('timed-out', `The daemon (pid ${pid}) is still stopping, and nobody starts it again.`, `${hint}, then: supervm up`);
    await pause(lookMs);
  }
}
