import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader } from '../../../daemon/worker/launcher/frames.ts';
import type { ProcessSpec } from '../../../daemon/worker/launcher/messages.ts';
import { uptimeMs } from '../../../daemon/worker/launcher/uptime.ts';
import { LauncherBench, listener, waitFor } from './launcher-bench.ts';
import { groupIsGone, isGone } from './process-ends.ts';

const bench = new LauncherBench();
afterAll(() => bench[Symbol.dispose]());

describe('the launcher', () => {
  const launcher = bench.client('one');
  beforeAll(() => launcher.start());
  afterAll(() => launcher.end());
  const launch = (spec: Partial<ProcessSpec>) => bench.launch(launcher, spec);

  it('starts a program with nothing but the environment it was given, and tells how it ended', async () => {
    const { answers, printed, exited } = launch({ args: ['-c', 'env; echo answer >&3; pwd; exit 7'], environment: { ONE: '1' } });
    expect(await exited).toMatchObject({ code: 7, signal: null, lost: false, tail: expect.stringContaining('ONE=1') });
    expect(answers).toEqual(['answer']);
    expect(
      printed()
        .split('\n')
        .filter((line) => !/^(PWD|_|SHLVL|OLDPWD)=/.test(line)),
    ).toEqual(['ONE=1', '/', '']);
  });

  it('hands on what is written', async () => {
    const { launched, printed, exited } = launch({ args: ['-c', 'read line; echo "got $line"'] });
    launched.write(Buffer.from('hello\n'));
    expect(await exited).toMatchObject({ code: 0 });
    expect(printed()).toBe('got hello\n');
  });

  it('starts programs at low priority, each in a process group of its own', async () => {
    const { launched, printed, exited, started } = launch({ args: ['-c', 'read line; nice; cut -d" " -f5 /proc/$$/stat'] });
    const pid = await started;
    launched.write(Buffer.from('go\n'));
    await exited;
    expect(printed()).toBe(`10\n${pid}\n`);
  });

  it.runIf(existsSync('/proc/self/autogroup'))('gives their sessions a low priority too, beside which their own would count for nothing', async () => {
    const { printed, exited } = launch({ args: ['-c', 'while ! grep -q "nice 10$" /proc/self/autogroup; do sleep 0.01; done; echo lowered'] });
    await exited;
    expect(printed()).toBe('lowered\n');
  });

  it('tells when a program cannot be started', async () => {
    expect(await launch({ file: '/no/such/program' }).exited).toMatchObject({ code: null, lost: false, problem: expect.stringContaining('ENOENT') });
    expect(await launch({ folder: '/no/such/folder' }).exited).toMatchObject({ problem: expect.stringContaining('ENOENT') });
  });

  it('ends the whole group of a program', async () => {
    const { launched, exited, started } = launch({ args: ['-c', 'sleep 3300 & sleep 3301; true'] });
    const pid = await started;
    launched.kill();
    expect(await exited).toMatchObject({ signal: 'SIGKILL' });
    await groupIsGone(pid);
  });

  it('ends what a program leaves behind when it ends by itself', async () => {
    const { exited, started } = launch({ args: ['-c', 'sleep 3302 & exit 0'] });
    const pid = await started;
    expect(await exited).toMatchObject({ code: 0 });
    await groupIsGone(pid);
  });

  it('tells the end of a program though somebody who cannot be found holds its pipes', async () => {
    const { exited, printed } = launch({ args: ['-c', 'setsid env -i /bin/sleep 3308 & echo $!; exit 6'] });
    expect(await exited).toMatchObject({ code: 6 });
    process.kill(Number(printed()), 'SIGKILL');
  });

  it('asks before it ends a program, and then does not wait for ever', async () => {
    const polite = launch({ args: ['-c', 'trap "echo bye; exit 3" TERM; echo ready; while :; do sleep 0.01; done'] });
    await waitFor(() => polite.printed().includes('ready'));
    polite.launched.terminate();
    expect(await polite.exited).toMatchObject({ code: 3 });
    expect(polite.printed()).toContain('bye');

    const deaf = launch({ args: ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.01; done'] });
    await waitFor(() => deaf.printed().includes('ready'));
    deaf.launched.terminate();
    expect(await deaf.exited).toMatchObject({ signal: 'SIGKILL' });
  });

  it('writes a flood of output only as far as a log may grow, and its last lines', async () => {
    const { log, exited } = launch({ args: ['-c', 'head -c 20000000 /dev/zero | tr "\\0" x; echo; echo the end'] });
    expect(await exited).toMatchObject({ code: 0, tail: expect.stringMatching(/x\nthe end$/) });
    const text = readFileSync(log, 'utf8');
    expect(text.length).toBeLessThan(5 * 1024 * 1024);
    expect(text).toMatch(/bytes left out, the limit of a log is 4194304[\s\S]*\nthe end\n$/);
  });

  it('keeps progress from a log, and what the session logs from the answers', async () => {
    const lines = ['{"type":"log","line":"said"}', '{"type":"progress","id":1,"fraction":1,"message":""}', 'no JSON'];
    const { answers, printed, exited } = launch({ args: ['-c', `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} >&3`] });
    await exited;
    expect(printed()).toBe('said\n');
    expect(answers).toEqual(lines.slice(1));
  });

  it('ends a session that says a line beyond all measure, and hands on the longest', async () => {
    const longest = launch({ args: ['-c', `head -c 4194303 /dev/zero | tr '\\0' x >&3; echo >&3`] });
    expect(await longest.exited).toMatchObject({ code: 0 });
    expect(longest.answers.map((line) => line.length)).toEqual([4_194_303]);
    const endless = launch({ args: ['-c', `yes ${'€'.repeat(1000)} | tr -d '\\n' >&3`] });
    expect(await endless.exited).toMatchObject({ signal: 'SIGKILL' });
    expect(endless.answers).toEqual([]);
  });

  it('ends a task whose lease was not renewed, and only that one', async () => {
    const leased = launch({ args: ['-c', 'read line; exec sleep 3303'] });
    const renewed = launch({ args: ['-c', 'read line; exec sleep 3304'] });
    for (const { launched, log } of [leased, renewed]) launched.run(1, log, Buffer.from('go\n'), uptimeMs() + 60_000);
    renewed.launched.lease(1, uptimeMs() + 120_000);
    leased.launched.lease(1, uptimeMs() + 50);
    expect(await leased.exited).toMatchObject({ signal: 'SIGKILL', leaseEnded: true });
    renewed.launched.kill();
    expect(await renewed.exited).not.toHaveProperty('leaseEnded');
  });
});

describe('when the daemon is gone', () => {
  /** Answers to each line it gets, and prints it. */
  const echo = ['-c', 'while read line; do echo "printed $line"; echo "$line" >&3; done; sleep 3305'];

  it('the next one finds what runs, with all that was said and printed meanwhile', async () => {
    const first = bench.client('kept');
    await first.start();
    const { launched, log, heard, started } = bench.launch(first, {
      args: ['-c', 'read line; echo before >&3; sleep 0.2; echo meanwhile >&3; echo printed; exec sleep 3306'],
    });
    launched.run(1, log, Buffer.from('go\n'));
    const pid = await started;
    await heard;
    await first.stop();
    await waitFor(() => existsSync(log));
    const second = bench.client('kept');
    await second.start();
    expect(second.name).toBe(first.name ?? second.name);
    expect(second.left).toEqual([{ id: launched.id, pid, note: { of: 'the test' }, task: 1, busy: true, runningMs: expect.any(Number) }]);
    const again = listener();
    const adopted = second.adopt(launched.id, undefined, again);
    await waitFor(() => again.answers.length === 2);
    expect(again.answers).toEqual(['before', 'meanwhile']);
    expect(readFileSync(log, 'utf8')).toBe('printed\n');
    expect(second.newId()).toBeGreaterThan(launched.id);
    adopted.kill();
    expect(await again.exited).toMatchObject({ signal: 'SIGKILL' });
    await second.end();
  });

  it('the next one hears of what ended meanwhile, until it says that it need not be remembered', async () => {
    const first = bench.client('ended');
    await first.start();
    const kept = bench.launch(first, { args: ['-c', 'read line; sleep 0.1; exit 4'] });
    const other = bench.launch(first, { args: echo });
    kept.launched.run(7, kept.log, Buffer.from('go\n'));
    const gone = await kept.started;
    await other.started;
    await first.stop();
    await groupIsGone(gone);
    for (const _ of [1, 2]) {
      const next = bench.client('ended');
      await next.start();
      expect(next.left.map(({ pid }) => pid)).toEqual([0, await other.started]);
      const again = listener();
      const adopted = next.adopt(kept.launched.id, undefined, again);
      expect(await again.exited).toMatchObject({ code: 4, lost: false });
      if (_ === 2) adopted.forget();
      await next.stop();
    }
    const last = bench.client('ended');
    await last.start();
    expect(last.left.map(({ id }) => id)).toEqual([other.launched.id]);
    await last.end();
    await groupIsGone(await other.started);
  });

  it('and does not come back, nothing is left after its patience, not even what took a session of its own', async () => {
    const only = bench.client('alone', { patienceMs: 100 });
    await only.start();
    const marker = bench.path('alone');
    const environment = { PATH: '/usr/bin:/bin', SUPERVM_SESSION: marker };
    const { started, launched, log, printed } = bench.launch(only, {
      args: ['-c', 'read line; setsid sleep 3307 & echo "child $!"; wait'],
      marker,
      environment,
    });
    launched.run(1, log, Buffer.from('go\n'));
    await started;
    await waitFor(() => printed().includes('child'));
    const child = Number(printed().split(' ')[1]);
    const launcher = only.pid ?? 0;
    await only.stop();
    for (const pid of [launcher, await started, child]) await isGone(pid);
    expect(existsSync(bench.path('alone.sock'))).toBe(false);
  });

  it('with nothing running, the launcher goes at once', async () => {
    const only = bench.client('idle');
    await only.start();
    const pid = only.pid ?? 0;
    await only.stop();
    await isGone(pid);
  });

  it('who answers like no launcher is not believed, and does no harm', async () => {
    const path = bench.path('stranger.sock');
    const stranger = createServer((socket) => {
      socket.write('GET / HTTP/1.1');
      stranger.close();
    });
    await new Promise<void>((resolve) => stranger.listen(path, resolve));
    const client = bench.client('stranger');
    await client.start();
    expect(await bench.launch(client, { args: ['-c', 'exit 3'] }).exited).toMatchObject({ code: 3 });
    await client.end();
  });

  it('a launcher of another version is ended with its sessions and replaced', async () => {
    const path = bench.path('old.sock');
    const said: unknown[] = [];
    const old = createServer((socket) => {
      const reader = new FrameReader();
      socket.write(encodeFrame({ type: 'hello', version: 0, something: 'else' }));
      socket.on('data', (bytes: Uint8Array) => {
        said.push(...reader.read(bytes).map(({ header }) => header));
        old.close();
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => old.listen(path, resolve));
    const client = bench.client('old');
    await client.start();
    expect(said).toEqual([{ type: 'end' }]);
    expect(await bench.launch(client, { args: ['-c', 'exit 3'] }).exited).toMatchObject({ code: 3 });
    await client.end();
  });
});

it('a second daemon takes a launcher over from the first', async () => {
  const first = bench.client('two');
  const second = bench.client('two');
  await first.start();
  await second.start();
  const { exited } = bench.launch(second, { args: ['-c', 'exit 5'] });
  expect(await exited).toMatchObject({ code: 5 });
  await first.stop();
  await second.end();
});

it('a launcher that cannot be started is told at the start', async () => {
  await expect(bench.client('none', { node: '/no/such/node' }).start()).rejects.toThrow(/ended at once/);
});

it('a process whose launcher died is not alive while the end of its tree is awaited', async () => {
  const client = bench.client('killed');
  await client.start();
  const launched = bench.launch(client, { args: ['-c', 'echo; trap "" HUP; exec sleep 3315'] });
  await waitFor(() => launched.printed().includes('\n'));
  expect(launched.launched.alive).toBe(true);
  let hasExited = false;
  void launched.exited.then(() => {
    hasExited = true;
  });
  process.kill(client.pid ?? 0, 'SIGKILL');
  await waitFor(() => client.pid === undefined);
  expect({ alive: launched.launched.alive, hasExited }).toEqual({ alive: false, hasExited: false });
  expect(await launched.exited).toMatchObject({ lost: true });
  await client.end();
});
