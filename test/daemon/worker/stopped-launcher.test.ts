/** Real launchers that do not answer any more. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Timer } from '../../../daemon/clock.ts';
import { systemClock } from '../../../daemon/system-clock.ts';
import type { LauncherClient } from '../../../daemon/worker/launcher-client.ts';
import { recordedLauncher, recordLauncher } from '../../../daemon/worker/launcher-record.ts';
import { identify } from '../../../daemon/worker/process-trees.ts';
import { type Launched, LauncherBench, waitFor } from './launcher-bench.ts';
import { isGone } from './process-ends.ts';

const bench = new LauncherBench();
afterAll(() => bench[Symbol.dispose]());

describe('a launcher that is stopped', () => {
  const silentMs = 1_500;
  const family = { args: ['-c', 'setsid sleep 3309 & echo $!; sleep 3310 & echo $!; exec sleep 3311'] };
  /** Stops the launcher once the program and its children run; all their process ids. */
  const stopWith = async (client: LauncherClient, { printed, started }: Launched): Promise<readonly number[]> => {
    await waitFor(() => /\n\d+\n/.test(printed()));
    const pids = [client.pid ?? 0, await started, ...printed().trim().split('\n').map(Number)];
    process.kill(client.pid ?? 0, 'SIGSTOP');
    return pids;
  };
  const areGone = (pids: readonly number[]): Promise<unknown> => Promise.all(pids.map(isGone));

  it('is ended with all it has started, and what it had to do is told as lost; then another one works', async () => {
    const client = bench.client('stopped', { silentMs });
    await client.start();
    const launched = bench.launch(client, family);
    const pids = await stopWith(client, launched);
    expect(await launched.exited).toMatchObject({ lost: true, silent: true });
    await areGone(pids);
    expect(await bench.launch(client, { args: ['-c', 'exit 3'] }).exited).toMatchObject({ code: 3, lost: false });
    expect(pids).not.toContain(client.pid);
    await client.end();
  });

  it('is ended by the next daemon before that starts its own', async () => {
    const first = bench.client('met', { silentMs });
    await first.start();
    const pids = await stopWith(first, bench.launch(first, family));
    await first.stop();
    const second = bench.client('met', { silentMs });
    await second.start();
    await areGone(pids);
    expect(second.left).toEqual([]);
    await second.end();
  });

  it('is ended by the next daemon though nothing of its socket is left', async () => {
    const first = bench.client('hidden', { silentMs });
    await first.start();
    const pids = await stopWith(first, bench.launch(first, family));
    await first.stop();
    rmSync(bench.path('hidden.sock'));
    const second = bench.client('hidden', { silentMs });
    await second.start();
    await areGone(pids);
    await second.end();
  });

  it('does not keep alive what is to be killed', async () => {
    const client = bench.client('killing');
    await client.start();
    const launched = bench.launch(client, { args: ['-c', 'echo; exec sleep 3312'] });
    await waitFor(() => launched.printed().includes('\n'));
    process.kill(client.pid ?? 0, 'SIGSTOP');
    launched.launched.kill();
    expect(await launched.exited).toMatchObject({ signal: 'SIGKILL', lost: false });
    await isGone(await launched.started);
    process.kill(client.pid ?? 0, 'SIGCONT');
    await client.end();
  });

  it('is ended together with the daemon that ends everything', async () => {
    const client = bench.client('ending', { silentMs });
    await client.start();
    const pids = await stopWith(client, bench.launch(client, family));
    await client.end();
    await areGone(pids);
  });
});

it('a process that has the number of an earlier launcher is left alone', async () => {
  const record = bench.path('reused.json');
  const stranger = spawn('sleep', ['3314'], { stdio: 'ignore' });
  const { pid = 0 } = stranger;
  const own = identify(pid);
  recordLauncher(record, pid);
  const written = JSON.parse(readFileSync(record, 'utf8'));
  expect(written).toMatchObject({ pid, startedAt: own?.startedAt });
  writeFileSync(record, JSON.stringify({ ...written, startedAt: written.startedAt - 1 }));
  const client = bench.client('reused');
  await client.start();
  expect(identify(pid)).toEqual(own);
  expect(recordedLauncher(record)?.pid).toBe(client.pid);
  await client.end();
  stranger.kill('SIGKILL');
});

it('a launcher that was left to the next daemon is watched no longer, whatever is still asked of it', async () => {
  const clock = systemClock();
  const timers: number[] = [];
  const after = (ms: number, run: () => void): Timer => {
    timers.push(ms);
    return clock.after(ms, run);
  };
  const client = bench.client('left', { silentMs: 3_000 }, { ...clock, after });
  await client.start();
  const { launched, started } = bench.launch(client, { args: ['-c', 'exec sleep 3316'] });
  await started;
  expect(timers).toContain(1_000);
  await client.stop();
  timers.length = 0;
  client.adopt(launched.id, undefined, { onStarted: () => {}, onAnswer: () => {}, onExit: () => {} });
  expect(timers).toEqual([]);
  const next = bench.client('left');
  await next.start();
  await next.end();
});
