import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenSession, TaskHost } from '../../../../src/plugin/job-type.ts';

export const open: OpenSession = async (host) => {
  host.log('naps opened');
  return {
    async run(task) {
      const { ms, label, fail, stay, mark } = task.script;
      const { nap } = task.parameters;
      task.progress(0, 'asleep');
      task.log(`nap ${nap} begins`);
      if (stay !== 'no') process.on('SIGTERM', () => undefined);
      if (stay === 'escape') leaveBehind(86_400 + Number(mark));
      await sleep(task, Number(ms), stay !== 'no');
      if (fail === 'fault') throw fault(`nap ${nap} was to fail`);
      if (fail === 'throw') throw new Error(`nap ${nap} was to throw`);
      if (fail === 'exit') process.exit(3);
      const name = `nap-${nap}.txt`;
      writeFileSync(join(task.outputs, name), `${label} ${nap}\n${told(String(task.script['secret'] ?? ''))}`);
      return { outputs: [name], process: process.pid, warnings: [] };
    },
    async close() {},
  };
};

/** Says it aloud, in two pieces and by another program too. */
function told(secret: string): string {
  if (secret === '') return '';
  const { SUPERVM_SECRETS: folder = '' } = process.env;
  const file = join(folder, secret);
  const value = readFileSync(file, 'utf8');
  process.stdout.write(`the secret is ${value.slice(0, 5)}`);
  process.stdout.write(`${value.slice(5)}\n`);
  execFileSync('cat', [file], { stdio: 'inherit' });
  return `${createHash('sha256').update(value).digest('hex')}\n`;
}

function sleep(task: TaskHost, ms: number, deaf: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(fault('gave up'));
    if (!deaf) task.signal.addEventListener('abort', aborted, { once: true });
    const { in: where } = task.script;
    if (where !== 'process') {
      setTimeout(resolve, ms);
      return;
    }
    const child = deaf ? spawn('sh', ['-c', `trap '' TERM; sleep ${ms / 1000}`]) : spawn('sleep', [String(ms / 1000)]);
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(fault(`sleep ended with ${code}`))));
    if (!deaf) task.signal.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  });
}

/** One in the session's process group, one in a group and session of its own, one whose parents are gone too. */
function leaveBehind(seconds: number): void {
  spawn('sleep', [String(seconds)], { stdio: 'ignore' });
  spawn('sleep', [String(seconds)], { stdio: 'ignore', detached: true });
  spawn('sh', ['-c', `(setsid sh -c "trap '' TERM HUP; (sleep ${seconds} &)" &)`], { stdio: 'ignore', detached: true });
}

/** A TaskFault by its name, as a job type without supervm's sources writes it. */
function fault(message: string): Error {
  return Object.assign(new Error(message), { name: 'TaskFault', failure: { code: 'task-failed', message, retry: false, blameNode: false } });
}
