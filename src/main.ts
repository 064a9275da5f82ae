/** The command line's entry: the only place where errors become messages and exit codes. */

import { runCommandLine } from './cli/command-line.ts';
import { createContext } from './cli/context.ts';
import { createOutput, type Mode } from './cli/output/output.ts';
import { flushOutput, onOutputClosed, systemTerminal } from './cli/output/terminal.ts';
import { errorKinds, SupervmError, stoppedExits } from './model/errors.ts';
import { readEnvironment } from './settings/environment.ts';
import { pathsOf } from './settings/paths.ts';

const words = process.argv.slice(2);
const environment = readEnvironment();
const terminal = systemTerminal();
const stop = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Whoever asks twice does not want to wait for a clean end.
    if (stop.signal.aborted) process.exit(signal === 'SIGINT' ? stoppedExits.interrupted : stoppedExits.terminated);
    stop.abort(signal);
  });
}
onOutputClosed(() => process.exit(stoppedExits.outputClosed));

function outputOf(flags: { readonly json?: boolean; readonly quiet?: boolean }): ReturnType<typeof createOutput> {
  const mode: Mode = flags.json === true ? 'json' : flags.quiet === true ? 'quiet' : 'human';
  return createOutput(mode, terminal, environment.noColor);
}

/** Anything that is no SupervmError is a defect of ours: one line, no stack. */
function asError(error: unknown): SupervmError {
  if (error instanceof SupervmError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new SupervmError('internal', `Unexpected: ${message}`, 'This is a defect in supervm. With SUPERVM_LOG_LEVEL=debug its place is printed.', {
    cause: error,
  });
}

function explain(error: unknown): number {
  const told = asError(error);
  outputOf({ json: words.includes('--json') }).problem(told);
  if (told.code === 'internal' && environment.showsDefects && told.cause instanceof Error) {
    terminal.error(`${told.cause.stack}\n`);
  }
  return errorKinds[told.code].exit;
}

async function run(): Promise<number> {
  try {
    return await runCommandLine({
      words,
      jobTypes: pathsOf(environment).jobTypes,
      context: (flags) => createContext({ environment, output: outputOf(flags), workingFolder: process.cwd(), signal: stop.signal }),
    });
  } catch (error) {
    return explain(error);
  }
}

async function main(): Promise<void> {
  const code = await run();
  await flushOutput();
  // Whatever a failed start has left open must not keep the process.
  process.exit(Math.max(code, Number(process.exitCode ?? 0)));
}

// Not awaited here, because a script (bin/build.ts makes one of this) cannot.
void main();
