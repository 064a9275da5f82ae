/** Tasks that outlive their daemon: real launchers and sessions, and a runner that starts anew beside them. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningTask } from '../../../daemon/worker/task-runner.ts';
import type { AttemptName, JsonObject } from '../../../src/model/job.ts';
import { isGone } from './process-ends.ts';
import { RunnerBench } from './runner-bench.ts';

describe('an attempt that runs while its daemon restarts', () => {
  let bench: RunnerBench;
  beforeEach(async () => {
    bench = await RunnerBench.open({ sandboxed: false, runner: { patienceMs: 20_000 } });
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const gate = (): string => join(bench.home, 'gate');
  const waiting = async (script: JsonObject = { do: 'wait', file: gate() }): Promise<AttemptName> => {
    const attempt = bench.attempt();
    bench.start(await bench.record(script), attempt);
    await bench.until(([fraction]) => fraction >= 0.5);
    return attempt;
  };
  const files = (): Promise<readonly string[]> => readdir(join(bench.home, 'work', 'attempts'));
  const adopt = (attempt: AttemptName): RunningTask => bench.runner.adopt(attempt, (fraction, message) => bench.progress.push([fraction, message]));

  it('is finished by the same process, and its log lacks no line', async () => {
    const attempt = await waiting();
    await bench.restart();
    expect(bench.runner.left()).toEqual({ attempts: [{ attempt, runningMs: expect.any(Number) }], jobs: [attempt.job] });
    const running = adopt(attempt);
    bench.open(gate());
    const result = await running.result;
    expect(result).toMatchObject({ type: 'done', report: { process: Number(await bench.text(result, 'pid')) } });
    const log = Buffer.from((await bench.logs.read(attempt, 0)) ?? []).toString();
    expect(log).toContain('toy opened');
    expect(log).toMatch(/waits\n(.*\n)*goes on\n/);
  });

  it('ends while no daemon is there: its outcome is not lost', async () => {
    const attempt = await waiting();
    await bench.runner.stop();
    bench.open(gate());
    await bench.logged(attempt, 'goes on');
    await bench.restart();
    expect(await adopt(attempt).result).toMatchObject({ type: 'done', outputs: [{ path: 'pid' }] });
  });

  it('dies while no daemon is there: it is told as its failure', async () => {
    const attempt = await waiting({ do: 'wait', file: gate(), next: 'exit' });
    await bench.runner.stop();
    bench.open(gate());
    await bench.logged(attempt, 'last words');
    await bench.restart();
    expect(await adopt(attempt).result).toMatchObject({ failure: { code: 'program-died', logTail: expect.stringContaining('last words') } });
  });

  it('has ended and was not answered for: it is there again after each start, until it is settled', async () => {
    const attempt = await waiting();
    bench.open(gate());
    while ((await files()).length === 0 || !(await readFile(join(bench.home, 'work', 'attempts', (await files())[0] ?? ''), 'utf8')).includes('"result"'));
    for (const _ of [1, 2]) {
      await bench.restart();
      expect(await adopt(attempt).result).toMatchObject({ type: 'done' });
    }
    bench.runner.settle(attempt);
    while ((await files()).length > 0);
    await bench.restart();
    expect(bench.runner.left().attempts).toEqual([]);
  });

  it('has ended, and no disk took what became of it: the next daemon does not take it up, and blames nobody', async () => {
    const running = bench.start(await bench.record({ do: 'wait', file: gate() }));
    await bench.until(([fraction]) => fraction >= 0.5);
    const [name = ''] = await files();
    await mkdir(join(bench.home, 'work', 'attempts', `${name}.new`));
    bench.open(gate());
    expect(await running.result).toMatchObject({ type: 'done' });
    await bench.restart();
    expect(bench.runner.left().attempts).toEqual([]);
    expect(await files()).toEqual([]);
    expect(await bench.run({ do: 'report' })).toMatchObject({ type: 'done' });
  });

  it('is ended when nobody wants it any more', async () => {
    const attempt = await waiting({ do: 'stubborn' });
    await bench.restart();
    bench.runner.settle(attempt);
    while ((await files()).length > 0 || (await bench.sleepers()) > 0);
    await bench.restart();
    expect(bench.runner.left().attempts).toEqual([]);
  });

  it('can be aborted after, and its warm session takes the next task', async () => {
    const attempt = await waiting({ do: 'obedient' });
    await bench.restart();
    const running = adopt(attempt);
    running.abort();
    expect(await running.result).toEqual({ type: 'aborted' });
    expect(JSON.parse(await bench.text(await bench.run({ do: 'report' }), 'report.json')).tasks).toBe(2);
  });

  it('keeps its limit of time', async () => {
    const attempt = bench.attempt();
    const record = await bench.record({ do: 'obedient' });
    bench.start({ ...record, steps: record.steps.map((step) => ({ ...step, timeoutSeconds: 2 })) }, attempt);
    await bench.until(([fraction]) => fraction >= 0.5);
    await bench.restart();
    expect(await adopt(attempt).result).toMatchObject({ failure: { code: 'timed-out', message: expect.stringContaining('2 s'), blameNode: false } });
  });

  it('ends with everything it started when its launcher dies after', async () => {
    const attempt = await waiting({ do: 'stubborn' });
    await bench.restart();
    const running = adopt(attempt);
    process.kill(bench.runner.launcherPid ?? 0, 'SIGKILL');
    expect(await running.result).toMatchObject({ failure: { code: 'program-died', blameNode: true } });
    while ((await bench.sleepers()) > 0);
  });

  it('is lost with everything it started when its launcher is stopped, through no fault of its own; another launcher does it again', async () => {
    await bench[Symbol.asyncDispose]();
    bench = await RunnerBench.open({ sandboxed: false, runner: { patienceMs: 20_000, silentMs: 2_000 } });
    const attempt = await waiting({ do: 'stubborn' });
    await bench.restart();
    const running = adopt(attempt);
    const launcher = bench.runner.launcherPid ?? 0;
    process.kill(launcher, 'SIGSTOP');
    expect(await running.result).toMatchObject({
      failure: { code: 'program-died', message: expect.stringContaining('did not answer'), retry: true, blameNode: true },
    });
    expect(await bench.sleepers()).toBe(0);
    await isGone(launcher);
    bench.open(gate());
    expect(await bench.run({ do: 'wait', file: gate() })).toMatchObject({ type: 'done' });
    expect(bench.runner.launcherPid).not.toBe(launcher);
  });

  it('is not there any more when its launcher died too, nor is anything of it', async () => {
    await waiting({ do: 'stubborn' });
    await bench.runner.stop();
    process.kill(bench.runner.launcherPid ?? 0, 'SIGKILL');
    await bench.restart();
    expect(bench.runner.left()).toEqual({ attempts: [], jobs: [] });
    while ((await bench.sleepers()) > 0);
    expect(await readdir(join(bench.home, 'work'))).toEqual(['attempts', 'launcher.json', 'mark']);
  });
});

describe('what had not begun when the daemon ended', () => {
  it('is ended at the next start: a session that was being opened', async () => {
    await using bench = await RunnerBench.open({ sandboxed: false });
    bench.start(await bench.record({ do: 'report' }, { hang: '' }));
    await bench.until(([, message]) => message === 'starting');
    const sessions = join(bench.home, 'work', 'ab'.repeat(8), 'sessions');
    await bench.waitFor(() => existsSync(sessions));
    await bench.restart();
    expect(bench.runner.left()).toEqual({ attempts: [], jobs: [] });
    expect(existsSync(sessions)).toBe(false);
  });

  it('a session that does not open in time is ended, and its attempt fails by the fault of the node', async () => {
    await using bench = await RunnerBench.open({ sandboxed: false, runner: { openMs: 1_000 } });
    const { result } = bench.start(await bench.record({ do: 'report' }, { hang: '' }));
    expect(await result).toMatchObject({ failure: { code: 'timed-out', message: expect.stringContaining('did not open'), blameNode: true } });
  });
});

it('a task that takes longer than its limit is ended and has failed', async () => {
  await using bench = await RunnerBench.open({ sandboxed: false });
  const record = await bench.record({ do: 'stubborn' });
  const { result } = bench.start({ ...record, steps: record.steps.map((step) => ({ ...step, timeoutSeconds: 0.5 })) });
  expect(await result).toMatchObject({ failure: { code: 'timed-out', message: expect.stringContaining('0.5 s'), retry: true, blameNode: false } });
  while ((await bench.sleepers()) > 0);
});

describe('the lease of a once-only attempt that has ended, as the next daemon knows it', () => {
  let bench: RunnerBench;
  beforeEach(async () => {
    bench = await RunnerBench.open({ sandboxed: false, runner: { patienceMs: 20_000 } });
  });
  afterEach(() => bench[Symbol.asyncDispose]());
  const gate = (): string => join(bench.home, 'gate');
  /** Waiting, under a lease of 10 s. */
  const start = async (attempt: AttemptName): Promise<RunningTask> => {
    const onProgress = (fraction: number, message: string): unknown => bench.progress.push([fraction, message]);
    const lease = { ms: 10_000, until: bench.clock.now() + 10_000 };
    const running = bench.runner.run(attempt, await bench.record({ do: 'wait', file: gate() }), [], onProgress, lease);
    await bench.until(([fraction]) => fraction >= 0.5);
    return running;
  };
  const leftMs = (): number => (bench.runner.left().attempts[0]?.lease?.until ?? 0) - bench.clock.now();

  it('is the renewed one, when it ended while no daemon was there', async () => {
    const attempt = bench.attempt();
    (await start(attempt)).renew(bench.clock.now() + 100_000);
    await bench.runner.stop();
    bench.open(gate());
    await bench.logged(attempt, 'goes on');
    await bench.restart();
    expect(leftMs()).toBeGreaterThan(50_000);
    expect(await bench.runner.adopt(attempt, () => {}).result).toMatchObject({ type: 'done' });
    await bench.restart();
    expect(leftMs()).toBeGreaterThan(50_000);
  });

  it('is the one that was renewed while its result was not answered for, before a restart and after', async () => {
    const attempt = bench.attempt();
    let running = await start(attempt);
    bench.open(gate());
    expect(await running.result).toMatchObject({ type: 'done' });
    for (const ms of [100_000, 200_000]) {
      const [name = ''] = await readdir(join(bench.home, 'work', 'attempts'));
      const path = join(bench.home, 'work', 'attempts', name);
      const before = await readFile(path, 'utf8');
      running.renew(bench.clock.now() + ms);
      while ((await readFile(path, 'utf8')) === before);
      await bench.restart();
      expect(leftMs()).toBeGreaterThan(ms - 50_000);
      running = bench.runner.adopt(attempt, () => {});
    }
  });
});

it('a once-only attempt ends with its lease, though its daemon is gone', async () => {
  await using bench = await RunnerBench.open({ sandboxed: false, runner: { patienceMs: 20_000 } });
  const attempt = bench.attempt();
  const lease = { ms: 400, until: bench.clock.now() + 60_000 };
  const onProgress = (fraction: number, message: string): unknown => bench.progress.push([fraction, message]);
  const running = bench.runner.run(attempt, await bench.record({ do: 'stubborn' }), [], onProgress, lease);
  await bench.until(([fraction]) => fraction >= 0.5);
  running.renew(bench.clock.now() + 400);
  await bench.runner.stop();
  while ((await bench.sleepers()) > 0);
  await bench.restart();
  const [left] = bench.runner.left().attempts;
  expect(left).toMatchObject({ attempt, lease: { ms: 400 } });
  expect(await bench.runner.adopt(attempt, () => {}).result).toEqual({ type: 'aborted' });
});
