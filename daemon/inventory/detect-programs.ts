/** Asks every job type which of its programs are here, by running them. */
import { execFile } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { pathToFileURL } from 'node:url';
import type { Program } from '../../src/model/inventory.ts';
import type { Detect } from '../../src/plugin/job-type.ts';

export interface DetectOptions {
  /** Absolute paths of the job types' detect.ts or their built forms. */
  readonly detectors: readonly string[];
  /** Names of programs not to offer; they are not run either. */
  readonly without: readonly string[];
  /** A detector that failed, or whose program did not answer in time; the others go on. */
  onProblem(detector: string, error: unknown): void;
}

export interface Detection {
  readonly programs: readonly Program[];
  /** False: a program did not answer in time, so that one that is here may be missing from the list. */
  readonly complete: boolean;
}

const searched = '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games:/snap/bin:/opt/homebrew/bin';
const mostOutputBytes = 1024 * 1024;

/** In the order of the detectors, each program once. Whatever runs is ended, and nothing more is asked, once `signal` aborts. */
export async function detectPrograms(options: DetectOptions, signal: AbortSignal): Promise<Detection> {
  const found = new Map<string, Program>();
  let complete = true;
  for (const detector of options.detectors) {
    if (signal.aborted) break;
    const late = (file: string, timeoutMs: number): void => {
      complete = false;
      options.onProblem(detector, new Error(`${file} did not answer in ${timeoutMs / 1000} s`));
    };
    try {
      const { detect } = (await import(pathToFileURL(detector).href)) as { readonly detect: Detect };
      for (const program of await detect({ execute: executeWith(signal, options.without, late) })) {
        if (!options.without.includes(program.name)) found.set(`${program.name} ${program.version} ${program.path}`, program);
      }
    } catch (error) {
      options.onProblem(detector, error);
    }
  }
  return { programs: [...found.values()], complete };
}

/**
 * Never rejects: a program that is missing, hangs, dies or is not to be offered has exit code -1. Without a shell; output beyond 1 MiB ends the
 * program. At low priority: a start of Blender takes seconds of a processor, just when the daemon itself starts.
 */
function executeWith(signal: AbortSignal, without: readonly string[], late: (file: string, timeoutMs: number) => void): Parameters<Detect>[0]['execute'] {
  return (file, args, timeoutMs) =>
    new Promise((resolve) => {
      if (without.includes(file)) {
        resolve({ stdout: '', exitCode: -1 });
        return;
      }
      const options = {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: mostOutputBytes,
        env: { PATH: searched, LANG: 'C.UTF-8', HOME: '/nonexistent' },
        signal,
      } as const;
      const child = execFile(file, args, options, (error, stdout) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        // Not the signal nor a flood of output, which have codes of their own.
        if (error?.killed === true && error.code === null) late(file, timeoutMs);
        resolve({ stdout, exitCode });
      });
      child.stdin?.end();
      lower(child.pid);
    });
}

function lower(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already.
  }
}
