/** down and restart against a server that stands for the daemon; real daemons are in test/cluster/adoption.test.ts. */
import { spawn } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import type { DrainView } from '../../../src/api/requests.ts';
import { SupervmError } from '../../../src/model/errors.ts';
import { type ApiServer, startApiServer } from '../../support/api-server.ts';
import { fakeApi } from '../../support/fake-api.ts';
import { runCli, runHere, startCli } from '../../support/run-cli.ts';

let server: ApiServer | undefined;
afterEach(() => server?.[Symbol.asyncDispose]());

/** A process that has ended, as the daemon will have. */
async function endedPid(): Promise<number> {
  const child = spawn('true');
  await new Promise((resolve) => child.once('exit', resolve));
  return child.pid ?? 0;
}

/** Answers with each of these in turn, then as a daemon that is gone; `undrained` counts. */
async function draining(
  views: readonly Partial<DrainView>[],
  undone: Partial<DrainView> | 'gone' = {},
): Promise<{ readonly undrained: () => number; readonly stops: unknown[]; readonly asked: () => number }> {
  const pid = await endedPid();
  let asked = 0;
  let undrained = 0;
  const stops: unknown[] = [];
  const base = { pid, draining: true, stopping: false, running: 0, longestSeconds: 0, finishing: 0 };
  server = await startApiServer(
    fakeApi({
      drain: async () => {
        const view = views[Math.min(asked, views.length - 1)];
        if (asked++ >= views.length && views.length > 1) throw new SupervmError('no-daemon', 'gone');
        return { ...base, ...view };
      },
      undrain: async () => {
        undrained += 1;
        if (undone === 'gone') throw new SupervmError('no-daemon', 'gone');
        return { ...base, ...undone };
      },
      shutdown: async ({ body }) => {
        stops.push(body);
        return { pid, words: [] };
      },
    }),
  );
  return { undrained: () => undrained, stops, asked: () => asked };
}

const two = { running: 2, longestSeconds: 75, finishing: 1 };

test('down says what it waits for, once for each change, and that the daemon has stopped', async () => {
  await draining([two, two, { running: 1, longestSeconds: 80 }, {}]);
  const { code, stdout, stderr } = await runHere(server?.home ?? '', ['down']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('has stopped') });
  expect(stderr).toMatch(/^Takes no new tasks and waits for 2 tasks and 1 result to be kept; the longest has been running for 1 min.*--now\n.*1 task;.*\n$/);
});

test.each([
  [['--json'], '{\n  "stopped": true\n}\n'],
  [['--quiet'], ''],
])('down %j', async (flags, stdout) => {
  await draining([two, {}]);
  expect(await runHere(server?.home ?? '', ['down', ...flags])).toEqual({ code: 0, stdout, stderr: '' });
});

test('down --now asks for the end of the tasks at once', async () => {
  const { stops } = await draining([two]);
  expect(await runHere(server?.home ?? '', ['down', '--now'])).toMatchObject({ code: 0, stdout: expect.stringContaining('goes back to the cluster') });
  expect(stops).toEqual([{ tasks: 'end' }]);
});

test('down --now does not wait, and says so to whoever gives it a time-out', async () => {
  const { stops } = await draining([two]);
  await expect(runHere(server?.home ?? '', ['down', '--now', '--timeout', '5'])).rejects.toMatchObject({ code: 'usage' });
  expect(stops).toEqual([]);
});

test('down --timeout gives up with exit code 6, and the daemon takes tasks again', async () => {
  const { undrained } = await draining([two]);
  const { code, stderr } = await runCli(server?.home ?? '', ['down', '--timeout', '0.1']);
  expect({ code, stderr }).toEqual({ code: 6, stderr: expect.stringMatching(/still waits for 2 tasks.*takes tasks again[\s\S]*supervm down --now/) });
  expect(undrained()).toBe(1);
});

test('Ctrl-C ends the waiting of down, and the daemon takes tasks again', async () => {
  const { undrained } = await draining([two]);
  const typed = startCli(server?.home ?? '', ['down']);
  await typed.until('waits for 2 tasks');
  typed.child.kill('SIGINT');
  expect(await typed.ended).toMatchObject({ code: 130, stderr: expect.stringContaining('takes tasks again') });
  expect(undrained()).toBe(1);
});

test('down leaves a daemon alone that has come after the one it stops', async () => {
  const next = { ...two, pid: process.pid };
  const { asked } = await draining([two, next, next]);
  expect(await runHere(server?.home ?? '', ['down'])).toMatchObject({ code: 0, stdout: expect.stringContaining('has stopped') });
  expect(asked()).toBe(2);
});

test.each(['stopping', 'gone', 'followed by another'])('giving up too late is no failure: the daemon is %s', async (how) => {
  await draining([two], how === 'gone' ? 'gone' : how === 'stopping' ? { stopping: true } : { pid: process.pid });
  expect(await runCli(server?.home ?? '', ['down', '--timeout', '0.1'])).toMatchObject({ code: 0, stdout: expect.stringContaining('has stopped') });
});

test('Ctrl-C that comes too late says what has happened', async () => {
  await draining([two], { stopping: true });
  const typed = startCli(server?.home ?? '', ['down']);
  await typed.until('waits for 2 tasks');
  typed.child.kill('SIGINT');
  expect(await typed.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('has stopped') });
});
