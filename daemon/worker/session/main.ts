/** The session process: loads a job type's run.ts inside the sandbox, opens it once and takes tasks as commands. */
import { lstatSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { OpenSession, Session, TaskOutcome } from '../../../src/plugin/job-type.ts';
import { lower } from '../low-priority.ts';
import { makeOutputs } from './disk-faults.ts';
import { faultOf } from './faults.ts';
import type { SessionAnswer, SessionCommand } from './messages.ts';
import { layOutSecrets } from './secret-files.ts';
import { longestLine, longestWords, mostWarnings, shortened } from './shortened.ts';
import { TaskProcesses } from './task-processes.ts';

type Open = Extract<SessionCommand, { type: 'open' }>;
type Run = Extract<SessionCommand, { type: 'run' }>;

/** Not standard output: whatever a plugin or its libraries print must not be taken for an answer. */
const answersDescriptor = 3;

let session: Session | undefined;
let processes = new TaskProcesses(false);
const running = new Map<number, AbortController>();

function answer(message: SessionAnswer): void {
  let bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(answersDescriptor, bytes));
}

function log(line: string): void {
  answer({ type: 'log', line: shortened(line, longestLine) });
}

/** Programs started from here inherit both: the machine's owner comes first, and when memory runs out a task ends before the daemon. */
function yieldToOthers(): void {
  lower();
  try {
    writeFileSync('/proc/self/oom_score_adj', '500');
  } catch {
    // Some machines do not let it; the task runs all the same.
  }
}

async function open(command: Open): Promise<void> {
  try {
    const plugin = (await import(pathToFileURL(command.plugin).href)) as { readonly open: OpenSession };
    const { inputs, scratch, programs, cores, isAlone, secrets } = command;
    layOutSecrets(secrets, isAlone);
    processes = new TaskProcesses(isAlone);
    session = await plugin.open({ inputs, scratch, programs, cores, log });
    answer({ type: 'ready' });
  } catch (error) {
    log(describe(error));
    answer({ type: 'open-failed', fault: faultOf(error).fault });
  }
}

async function run(opened: Session, command: Run): Promise<void> {
  const { id, step, script, parameters, outputs } = command;
  const abort = new AbortController();
  running.set(id, abort);
  const progress = (fraction: number, message: string): void =>
    answer({ type: 'progress', id, fraction: Math.min(1, Math.max(0, fraction)), message: shortened(message, longestWords) });
  processes.begin();
  try {
    makeOutputs(outputs);
    const outcome = await opened.run({ step, script, parameters, outputs, signal: abort.signal, progress, log });
    processes.end([outcome.process, ...(opened.keeps?.() ?? [])]);
    answer({ type: 'done', id, outputs: measured(outputs, outcome), process: outcome.process, warnings: warningsOf(outcome) });
  } catch (error) {
    const { fault, understood } = faultOf(error);
    if (!understood) log(describe(error));
    processes.end(opened.keeps?.() ?? []);
    answer({ type: 'failed', id, fault, understood });
  } finally {
    running.delete(id);
  }
}

function warningsOf({ warnings }: TaskOutcome): readonly string[] {
  return warnings.slice(0, mostWarnings).map((warning) => shortened(warning, longestWords));
}

/** Sizes as they were when the plugin said it was done: a file that still grows afterwards is not a result. */
function measured(folder: string, outcome: TaskOutcome): readonly { readonly path: string; readonly size: number }[] {
  return outcome.outputs.map((path) => ({ path, size: lstatSync(join(folder, path), { throwIfNoEntry: false })?.size ?? -1 }));
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function close(): Promise<never> {
  for (const abort of running.values()) abort.abort();
  await session?.close();
  process.exit(0);
}

function obey(command: SessionCommand): void {
  switch (command.type) {
    case 'open':
      void open(command);
      break;
    case 'run':
      if (session !== undefined) void run(session, command);
      break;
    case 'abort':
      running.get(command.id)?.abort();
      break;
    case 'close':
      void close();
      break;
  }
}

yieldToOthers();
const lines = createInterface({ input: process.stdin, terminal: false });
lines.on('line', (line) => obey(JSON.parse(line) as SessionCommand));
// The launcher is gone: nothing that was started here may stay. The session leads its process group.
lines.on('close', () => process.kill(0, 'SIGKILL'));
