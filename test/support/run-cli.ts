/** The real command line as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { createContext } from '../../src/cli/context.ts';
import { createOutput } from '../../src/cli/output/output.ts';
import type { Terminal } from '../../src/cli/output/terminal.ts';
import { readEnvironment } from '../../src/settings/environment.ts';
import { pathsOf } from '../../src/settings/paths.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once standard output or error contains the text. */
  until(text: string): Promise<void>;
}

const main = join(import.meta.dirname, '../../src/main.ts');

export function startCli(home: string, words: readonly string[], options: { readonly input?: string; readonly folder?: string } = {}): RunningCli {
  const { PATH } = process.env;
  const child = spawn(process.execPath, [main, ...words], {
    cwd: options.folder ?? home,
    env: { PATH, HOME: home, SUPERVM_HOME: home, USER: 'ann' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  const take = (chunk: Buffer, add: (text: string) => void): void => {
    add(chunk.toString());
    for (const look of waiting) look();
  };
  child.stdout?.on('data', (chunk: Buffer) => take(chunk, (text) => (stdout += text)));
  child.stderr?.on('data', (chunk: Buffer) => take(chunk, (text) => (stderr += text)));
  const ended = once(child, 'close').then(([code, signal]) => ({ code: (code as number | null) ?? (signal === null ? -1 : 128), stdout, stderr }));
  const until = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!`${stdout}${stderr}`.includes(text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without "${text}": ${stdout}${stderr}`)));
    });
  return { child, ended, until };
}

/** The same command tree inside the test's process: an eighth of the time, where no process is needed. Rejects with the error that main.ts would show. */
export async function runHere(home: string, words: readonly string[]): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  const terminal: Terminal = {
    interactive: false,
    canAsk: false,
    columns: () => 80,
    out: (text) => {
      stdout += text;
    },
    error: (text) => {
      stderr += text;
    },
    read: async () => '',
    ask: async () => '',
  };
  const environment = { ...readEnvironment(), home };
  const code = await runCommandLine({
    words,
    jobTypes: pathsOf(environment).jobTypes,
    context: (flags) =>
      createContext({
        environment,
        output: createOutput(flags.json === true ? 'json' : flags.quiet === true ? 'quiet' : 'human', terminal, true),
        workingFolder: home,
        signal: new AbortController().signal,
      }),
  });
  return { code, stdout, stderr };
}

export function runCli(home: string, words: readonly string[], options: { readonly input?: string; readonly folder?: string } = {}): Promise<Ended> {
  return startCli(home, words, options).ended;
}
