/** Asks every job type which of its programs are here, by running them. */
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import type { Program } from '../../src/model/inventory.ts';
import type { Detect } from '../../src/plugin/job-type.ts';

export interface DetectOptions {
  /** Absolute paths of the job types' detect.ts or their built forms. */
  readonly detectors: readonly string[];
  /** Names of programs not to offer. */
  readonly without: readonly string[];
  /** A detector that failed; the others go on. */
  onProblem(detector: string, error: unknown): void;
}

const searched = '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games:/snap/bin:/opt/homebrew/bin';
const mostOutputBytes = 1024 * 1024;

/** In the order of the detectors, each program once. */
export async function detectPrograms(options: DetectOptions): Promise<readonly Program[]> {
  const found = new Map<string, Program>();
  for (const detector of options.detectors) {
    try {
      const { detect } = (await import(pathToFileURL(detector).href)) as { readonly detect: Detect };
      for (const program of await detect({ execute })) {
        if (!options.without.includes(program.name)) found.set(`${program.name} ${program.version} ${program.path}`, program);
      }
    } catch (error) {
      options.onProblem(detector, error);
    }
  }
  return [...found.values()];
}

/** Never rejects: a program that is missing, hangs or dies has exit code -1. Without a shell; output beyond 1 MiB ends the program. */
const execute: Parameters<Detect>[0]['execute'] = (file, args, timeoutMs) =>
  new Promise((resolve) => {
    const options = {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: mostOutputBytes,
      env: { PATH: searched, LANG: 'C.UTF-8', HOME: '/nonexistent' },
    } as const;
    const child = execFile(file, args, options, (error, stdout) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ stdout, exitCode });
    });
    child.stdin?.end();
  });
