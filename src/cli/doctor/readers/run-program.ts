/** Runs a program of the system for what it says, never for longer than a moment. */
import { execFile } from 'node:child_process';
import { isRunnable } from './files.ts';

export interface Said {
  /** -1 for what was killed, or could not be started. */
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
  readonly late: boolean;
}

/** Where the daemon looks for programs (daemon/inventory/detect-programs.ts), and where those for root are. */
const searched = [
  '/usr/local/bin',
  '/usr/bin',
  '/bin',
  '/usr/local/games',
  '/usr/games',
  '/snap/bin',
  '/opt/homebrew/bin',
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
];

export function findProgram(name: string): string | undefined {
  return searched.map((folder) => `${folder}/${name}`).find(isRunnable);
}

/** Never rejects. Without a shell. */
export function runProgram(file: string, words: readonly string[], timeoutMs: number): Promise<Said> {
  return new Promise((resolve) => {
    const options = {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 8 * 2 ** 20,
      env: { PATH: searched.join(':'), LANG: 'C.UTF-8', HOME: '/nonexistent' },
    } as const;
    const child = execFile(file, words, options, (error, output, errors) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exitCode, output, errors, late: error?.killed === true });
    });
    child.stdin?.end();
    // What cannot even be killed (it waits for a disk) keeps nobody.
    child.unref();
  });
}
