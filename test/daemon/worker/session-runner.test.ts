import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AttemptName, JobRecord, JsonObject } from '../../../src/model/job.ts';
import { RunnerBench } from './runner-bench.ts';

describe('running attempts without a sandbox', () => {
  let bench: RunnerBench;
  let job: string;
  let jobs = 0;
  beforeAll(async () => {
    bench = await RunnerBench.open({
      sandboxed: false,
      programs: [{ name: 'tool', version: '2.0', path: '/usr/bin/true', features: ['a'] }],
      secrets: { API_KEY: 'hunter2 is it' },
    });
  });
  afterAll(() => bench[Symbol.asyncDispose]());
  // The runner is shared, for starting one is slow; the job is each test's own.
  beforeEach(() => {
    jobs += 1;
    job = jobs.toString(16).padStart(16, '0').repeat(4);
    bench.progress.length = 0;
  });
  afterEach(() => bench.runner.forget(job));
  const attempt = (changes: Partial<AttemptName> = {}) => bench.attempt({ job, ...changes });
  const run = (script: JsonObject) => bench.run(script, attempt());
  const start = (record: JobRecord) => bench.start(record, attempt());

  it('says truthfully that there is no sandbox', () => {
    expect(bench.runner.sandboxLevel).toMatchObject({ level: 'none', reason: 'bubblewrap is not installed' });
  });

  it('gives a task its inputs, parameters and cores, and stores what it made', async () => {
    const script = { do: 'report' };
    const record = await bench.record(script);
    const [step] = record.steps;
    if (step === undefined) throw new Error('the toy has a step');
    const programs = [{ name: 'tool', minimumVersion: '1.9' }];
    const running = start({ ...record, steps: [{ ...step, requirements: { cores: 'all', memoryBytes: 0, programs } }] });
    const result = await running.result;
    const report = JSON.parse(await bench.text(result, 'report.json'));
    expect(report).toMatchObject({ input: 'hello', tasks: 1, cores: 2, parameters: { frame: 3 }, programs: [{ name: 'tool', path: '/usr/bin/true' }] });
    expect(report.home).toContain('scratch');
    expect(result).toMatchObject({ type: 'done', report: { process: report.pid, warnings: [] } });
    expect(bench.progress).toContainEqual([0.5, 'half way']);
  });

  const trusting = async (script: JsonObject, secrets = ['API_KEY']): Promise<JobRecord> => {
    const record = await bench.record(script);
    return { ...record, steps: record.steps.map((step) => ({ ...step, secrets })) };
  };

  it('gives a task its secrets as files of its own, and shows their values nowhere', async () => {
    const name = attempt();
    const result = await bench.start(await trusting({ do: 'blab' }), name).result;
    expect(JSON.parse(await bench.text(result, 'blab.json'))).toEqual({ length: 13, mode: 0o400, folderMode: 0o700, isOurs: true });
    await bench.logged(name, 'cut');
    const log = Buffer.from((await bench.logs.read(name, 0)) ?? []).toString();
    expect(log.replaceAll(/[\r\n]/g, '')).not.toContain('hunter2 is it');
    for (const text of ['log ***', 'line ***', 'cut ***']) expect(log).toContain(text);
    expect(JSON.stringify(bench.progress)).not.toContain('hunter2');
  });

  it('takes them out of why a task failed, too', async () => {
    const result = await start(await trusting({ do: 'blab', fail: true })).result;
    expect(result).toMatchObject({ type: 'failed', failure: { message: 'it is ***' } });
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  it('does not begin without a secret that it was to have', async () => {
    const result = await start(await trusting({ do: 'report' }, ['NOBODYS'])).result;
    expect(result).toMatchObject({ type: 'failed', failure: { code: 'secret-not-found' } });
  });

  it('keeps the session of a job warm from task to task and another job away from it', async () => {
    const reports = [];
    for (const own of [job, job, 'cd'.repeat(32)])
      reports.push(JSON.parse(await bench.text(await bench.run({ do: 'report' }, attempt({ job: own })), 'report.json')));
    const [first, second, other] = reports;
    expect([first.tasks, second.tasks, other.tasks]).toEqual([1, 2, 1]);
    expect(second.pid).toBe(first.pid);
    expect(other.pid).not.toBe(first.pid);
  });

  it('runs two tasks of a job side by side, each in a session of its own', async () => {
    const record = await bench.record({ do: 'report' });
    const results = await Promise.all([start(record).result, start(record).result]);
    const pids = await Promise.all(results.map(async (result) => JSON.parse(await bench.text(result, 'report.json')).pid));
    expect(new Set(pids).size).toBe(2);
  });

  it('keeps what plugin and session printed, for reading later', async () => {
    const own = attempt();
    await bench.run({ do: 'report' }, own);
    const log = Buffer.from((await bench.logs.read(own, 0)) ?? []).toString();
    expect(log).toContain('toy opened');
    expect(log).toContain('printed by the plugin');
    expect(await bench.logs.read(own, log.length)).toHaveLength(0);
    expect(await bench.logs.read(attempt(), 0)).toBeUndefined();
  });

  it.each([
    ['fault', { code: 'scene-unrenderable', message: 'no camera', retry: false, blameNode: false }],
    ['throw', { code: 'task-failed', message: 'a defect in the toy', retry: true, blameNode: false }],
    ['exit', { code: 'program-died', retry: true, blameNode: false }],
    ['killed', { code: 'program-died', retry: true, blameNode: true }],
    ['missing', { code: 'output-invalid', retry: true }],
    ['escape', { code: 'output-invalid', retry: true }],
    ['symlink', { code: 'output-invalid', retry: true }],
    ['folderLink', { code: 'output-invalid', retry: true }],
    ['outputsLink', { code: 'output-invalid', retry: true }],
    ['attemptLink', { code: 'output-invalid', retry: true }],
    ['hardLink', { code: 'output-invalid', retry: true }],
  ])('fails an attempt that ends by %s, and runs the next', async (action, failure) => {
    expect(await run({ do: action })).toMatchObject({ type: 'failed', failure });
    expect(await run({ do: 'report' })).toMatchObject({ type: 'done' });
  });

  it('tells the last words of a session that died', async () => {
    expect(await run({ do: 'exit' })).toMatchObject({
      failure: { logTail: expect.stringContaining('last words'), message: expect.stringContaining('code 3') },
    });
  });

  it('keeps a session warm after a failure it understood, and opens a new one after any other', async () => {
    const tasks = async () => JSON.parse(await bench.text(await run({ do: 'report' }), 'report.json')).tasks;
    await run({ do: 'fault' });
    expect(await tasks()).toBe(2);
    await run({ do: 'throw' });
    expect(await tasks()).toBe(1);
  });

  it('fails with the words of a plugin that refuses to open', async () => {
    const record = await bench.record({ do: 'report' }, { refuse: '' });
    expect(await start(record).result).toMatchObject({ failure: { code: 'not-a-scene', retry: false, logTail: expect.stringContaining('toy opened') } });
  });

  it('fails when the session dies while it opens', async () => {
    const record = await bench.record({ do: 'report' }, { die: '' });
    expect(await start(record).result).toMatchObject({ failure: { code: 'program-died', retry: true } });
  });

  it('fails when the plugin cannot be loaded', async () => {
    const record = { ...(await bench.record({})), type: 'absent' };
    expect(await start(record).result).toMatchObject({ type: 'failed', failure: { code: 'task-failed' } });
  });

  it('blames the node when the inputs cannot be brought here, and tries again the next time', async () => {
    const record = await bench.record({ do: 'report' });
    const lost = { ...record, inputs: { ...record.inputs, tree: '0'.repeat(64) } };
    expect(await start(lost).result).toMatchObject({ failure: { code: 'file-missing', retry: true, blameNode: true } });
    expect(await start(lost).result).toMatchObject({ failure: { code: 'file-missing' } });
  });

  it('aborts an obedient task and keeps its session', async () => {
    const running = start(await bench.record({ do: 'obedient' }));
    while (!bench.progress.some(([fraction]) => fraction === 0.5)) await new Promise((resolve) => setImmediate(resolve));
    running.abort();
    expect(await running.result).toEqual({ type: 'aborted' });
    expect(JSON.parse(await bench.text(await run({ do: 'report' }), 'report.json')).tasks).toBe(2);
  });

  it('ends a task that does not obey with everything it started, also out of its process group', async () => {
    const running = start(await bench.record({ do: 'stubborn' }));
    while (!(await sleepers(bench.home)).includes('3211')) await new Promise((resolve) => setImmediate(resolve));
    running.abort();
    expect(await running.result).toEqual({ type: 'aborted' });
    expect(await sleepers(bench.home)).toEqual([]);
  });

  it('ends what a task leaves behind, though its session goes on', async () => {
    expect(await run({ do: 'litter' })).toMatchObject({ type: 'done' });
    expect(await sleepers(bench.home)).toEqual([]);
    expect(JSON.parse(await bench.text(await run({ do: 'report' }), 'report.json')).tasks).toBe(2);
  });

  it('aborts while the session opens', async () => {
    const running = start(await bench.record({ do: 'report' }, { hang: '' }));
    while (!bench.progress.some(([, message]) => message === 'starting')) await new Promise((resolve) => setImmediate(resolve));
    running.abort();
    expect(await running.result).toEqual({ type: 'aborted' });
  });

  it('removes the workspace of a job that is forgotten, and can start it again', async () => {
    const running = start(await bench.record({ do: 'obedient' }));
    while (bench.progress.length < 3) await new Promise((resolve) => setImmediate(resolve));
    bench.runner.forget(job);
    bench.runner.forget(job);
    expect(await running.result).toEqual({ type: 'aborted' });
    expect(await run({ do: 'report' })).toMatchObject({ type: 'done' });
    bench.runner.forget(job);
    const folder = join(bench.home, 'work', job.slice(0, 16));
    while (existsSync(folder)) await new Promise((resolve) => setImmediate(resolve));
  });

  it('fails running tasks by the node’s fault when the launcher dies, and starts a new one', async () => {
    const running = start(await bench.record({ do: 'obedient' }));
    while (bench.progress.length < 3) await new Promise((resolve) => setImmediate(resolve));
    process.kill(bench.runner.launcherPid ?? 0, 'SIGKILL');
    expect(await running.result).toMatchObject({ failure: { code: 'program-died', blameNode: true } });
    expect(await run({ do: 'report' })).toMatchObject({ type: 'done' });
  });

  it('makes no workspace for a job that is forgotten before its first attempt got that far', async () => {
    const record = await bench.record({ do: 'report' });
    const running = start(record);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    running.abort();
    bench.runner.forget(job);
    expect(await running.result).toEqual({ type: 'aborted' });
    // Takes longer than making one would.
    const other = 'ef'.repeat(32);
    expect(await bench.run({ do: 'report' }, attempt({ job: other }))).toMatchObject({ type: 'done' });
    bench.runner.forget(other);
    expect(existsSync(join(bench.home, 'work', job.slice(0, 16)))).toBe(false);
  });

  it('leaves the sessions of another daemon on this machine alone when its own session of the same job ends', async () => {
    const ask = async (asked: RunnerBench) => {
      const running = asked.start(await asked.record({ do: 'report' }), asked.attempt());
      return JSON.parse(await asked.text(await running.result, 'report.json'));
    };
    await using first = await RunnerBench.open({ sandboxed: false });
    const before = await ask(first);
    {
      await using second = await RunnerBench.open({ sandboxed: false });
      await ask(second);
    }
    expect(await ask(first)).toMatchObject({ pid: before.pid, tasks: 2 });
  });

  it('removes the folder of a session that has ended, though the job goes on', async () => {
    await run({ do: 'exit' });
    await run({ do: 'report' });
    const sessions = join(bench.home, 'work', job.slice(0, 16), 'sessions');
    while ((await readdir(sessions)).length > 1);
  });

  it('leaves no output in the workspace once it is stored', async () => {
    await run({ do: 'report' });
    const sessions = join(bench.home, 'work', job.slice(0, 16), 'sessions');
    for (const id of await readdir(sessions)) expect(await readdir(join(sessions, id, 'attempts'))).toEqual([]);
  });
});

it('removes at the start what an earlier daemon left behind and nobody needs', async () => {
  await using bench = await RunnerBench.open({ sandboxed: false });
  const left = join(bench.home, 'work', 'left');
  await mkdir(left);
  await writeFile(join(left, 'file'), '');
  await writeFile(join(bench.home, 'work', 'attempts', 'half.json.new'), '{');
  await writeFile(join(bench.home, 'work', 'attempts', 'damaged.json'), '{');
  await bench.restart();
  expect(await readdir(join(bench.home, 'work'), { recursive: true })).toEqual(['attempts', 'launcher.json', 'mark']);
});

it('hunts only what its own work folder started, though another has the same path in a container', async () => {
  await using bench = await RunnerBench.open({ sandboxed: false });
  const scratch = join(bench.home, 'work', 'ab'.repeat(8), 'sessions', '1', 'scratch');
  const marks = [scratch, `00000000-0000-4000-8000-000000000000:${scratch}`];
  const strangers = marks.map((mark) => spawn('sleep', ['3309'], { env: { PATH: '/usr/bin:/bin', SUPERVM_SESSION: mark }, stdio: 'ignore' }));
  expect(await bench.run({ do: 'exit' })).toMatchObject({ type: 'failed' });
  await bench.runner.stop();
  process.kill(bench.runner.launcherPid ?? 0, 'SIGKILL');
  await bench.restart();
  expect(strangers.map((stranger) => stranger.kill('SIGTERM'))).toEqual([true, true]);
  expect(await Promise.all(strangers.map((stranger) => new Promise((resolve) => stranger.on('exit', (_, signal) => resolve(signal)))))).toEqual([
    'SIGTERM',
    'SIGTERM',
  ]);
});

/** Arguments of the `sleep` programs that were started below this home. */
async function sleepers(home: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [command, argument] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (command === 'sleep' && environment.includes(home) && argument !== undefined) found.push(argument);
  }
  return found;
}
