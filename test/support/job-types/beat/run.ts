import { randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenSession, TaskHost } from '../../../../src/plugin/job-type.ts';

/** A folder that every sandbox shows; a laboratory mounts its pipe there, for the machine's daemon alone. */
const pipe = '/usr/local/src/beats';

export const open: OpenSession = async (host) => {
  const session = randomBytes(6).toString('hex');
  const input = readFileSync(join(host.inputs, 'input'), 'utf8');
  let count = 0;
  return {
    async run(task) {
      const { ms, label } = task.script;
      const { beat } = task.parameters;
      count += 1;
      const run = `${session}.${count}`;
      if (input !== String(label)) throw new Error(`the input says ${input.slice(0, 80)} instead of ${label}`);
      say({ happened: 'start', key: label, index: beat, run });
      await sleep(task, Number(ms));
      const name = `beat-${beat}.txt`;
      writeFileSync(join(task.outputs, name), `${label} ${beat}\n`);
      say({ happened: 'end', key: label, index: beat, run });
      return { outputs: [name], process: process.pid, warnings: [] };
    },
    async close() {},
  };
};

/** One write of a short line is whole, whoever else writes. Without a reader the task fails: a history with gaps proves nothing. */
function say(line: { readonly [name: string]: unknown }): void {
  if (!existsSync(pipe)) return;
  const file = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  writeSync(file, `${JSON.stringify(line)}\n`);
  closeSync(file);
}

function sleep(task: TaskHost, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const abort = (): void => {
      clearTimeout(timer);
      reject(new Error('told to stop'));
    };
    if (task.signal.aborted) abort();
    else task.signal.addEventListener('abort', abort, { once: true });
  });
}
