import { spawn } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenSession, TaskHost } from '../../../../src/plugin/job-type.ts';

/** Clears the screen, changes the title, links to elsewhere, turns the direction of reading, and forges a line. */
const sequences = '\u001b[2J\u001b]0;mine\u0007\u001b]8;;http://evil\u001b\\\u009b31m\u202egnp.exe\u0000\nerror: forged';

export const open: OpenSession = async () => ({
  async run(task) {
    const { harm, seconds } = task.script;
    const harms: { readonly [name: string]: () => Promise<readonly string[]> | readonly string[] } = {
      flood: () => flood(task, Number(seconds)),
      sequences: () => {
        task.progress(0.5, sequences);
        task.log(sequences);
        process.stdout.write(Buffer.from([0xff, 0xfe, 0x0a]));
        throw Object.assign(new Error(sequences), { name: 'TaskFault', failure: { code: 'task-failed', message: sequences, retry: false, blameNode: false } });
      },
      endless: () => {
        task.log('a'.repeat(20_000_000));
        process.stdout.write('b'.repeat(100_000));
        task.log('the last line');
        return put(task, 'good.txt');
      },
      name: () => put(task, 'good.txt', 'evil\n\u001b[2J.txt'),
      link: () => {
        symlinkSync('/etc/hostname', join(task.outputs, 'link.txt'));
        return ['link.txt'];
      },
    };
    const outputs = (await harms[String(harm)]?.()) ?? [];
    return { outputs, process: process.pid, warnings: [sequences] };
  },
  async close() {},
});

function put(task: TaskHost, ...names: readonly string[]): readonly string[] {
  for (const name of names) writeFileSync(join(task.outputs, name), name);
  return names;
}

/** Prints as fast as it can, on both streams and through the session. */
async function flood(task: TaskHost, seconds: number): Promise<readonly string[]> {
  task.progress(0, 'floods');
  const shells = ['yes out', 'yes err >&2'].map((command) => spawn('sh', ['-c', command], { stdio: ['ignore', 'inherit', 'inherit'], detached: true }));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  for (const { pid } of shells) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  for (let line = 0; line < 200_000; line += 1) task.log(`line ${line}`);
  return put(task, 'flooded.txt');
}
