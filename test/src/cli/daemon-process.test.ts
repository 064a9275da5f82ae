import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { daemonGone } from '../../../src/cli/daemon-process.ts';

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

const ended = new AbortController();
ended.abort('SIGINT');
const context = (signal = new AbortController().signal) => ({ paths: { log: '/a/log' }, signal });

function slowDaemon(): number {
  child = spawn('sleep', ['1000']);
  return child.pid ?? 0;
}

test('a daemon that is slow to stop is told of and waited for where it must be started again', async () => {
  const pid = slowDaemon();
  const told: number[] = [];
  await daemonGone(context(), pid, {
    afterMs: 1,
    late: (slow) => {
      told.push(slow);
      child?.kill('SIGKILL');
    },
  });
  expect(told).toEqual([pid]);
});

test('that waiting can be ended, with a word of what is left to do', async () => {
  const gone = daemonGone(context(ended.signal), slowDaemon(), { afterMs: 1, late: () => undefined });
  await expect(gone).rejects.toMatchObject({ code: 'timed-out', hint: expect.stringContaining('supervm up') });
});
