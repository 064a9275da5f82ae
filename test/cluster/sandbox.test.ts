/** What a task can and cannot do inside the sandbox, asked with real programs. Needs root and bubblewrap. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processorsIn } from '../../daemon/worker/launcher/cpu-sets.ts';
import type { RunningTask } from '../../daemon/worker/task-runner.ts';
import type { JsonObject } from '../../src/model/job.ts';
import { RunnerBench } from '../daemon/worker/runner-bench.ts';
import { bestLevel } from '../support/best-level.ts';
import { gpuDevice } from '../support/gpus.ts';

describe('a task in the sandbox of a root daemon', () => {
  let bench: RunnerBench;
  beforeAll(async () => {
    bench = await RunnerBench.open({ sandboxed: true });
    await writeFile(join(bench.home, 'cluster.key'), 'secret', { mode: 0o600 });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const execute = async (file: string, ...args: string[]) => {
    const result = await bench.run({ do: 'execute', file, args });
    return bench.text(result, 'execute.txt');
  };

  it('is kept apart as well as the machine permits and a user of its own, and the daemon says so', async () => {
    expect(bench.runner.sandboxLevel).toMatchObject({ level: bestLevel() });
    expect(await execute('/usr/bin/id')).toMatch(/uid=19\d{8}\(task\) gid=19\d{8}\(task\) groups=19\d{8}\(task\)\n\nexit 0/);
  });

  it('has no capability and can gain none', async () => {
    const status = await execute('/bin/cat', '/proc/self/status');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(status).toMatch(new RegExp(`${set}:\t0{16}`));
    expect(status).toContain('NoNewPrivs:\t1');
  });

  it('can neither make namespaces of its own nor read the kernel’s messages', async () => {
    expect(await execute('/bin/grep', 'Seccomp:', '/proc/self/status')).toContain('Seccomp:\t2');
    for (const words of [['/usr/bin/unshare', '--user', 'true'], ['/usr/bin/unshare', '--net', 'true'], ['/bin/dmesg']] as const) {
      const [file, ...args] = words;
      expect(await execute(file, ...args)).toMatch(/Operation not permitted.*\n\nexit 1/);
    }
  });

  it('is told of no account but its own', async () => {
    expect((await execute('/bin/cat', '/etc/passwd')).split('\n').filter((line) => line.includes(':'))).toHaveLength(2);
  });

  it('does its work: inputs, outputs, a home and a temporary folder of its own', async () => {
    const report = JSON.parse(await bench.text(await bench.run({ do: 'report' }), 'report.json'));
    expect(report).toMatchObject({ input: 'hello', home: '/job/scratch', temporary: '/tmp' });
    expect(await execute('/usr/bin/mktemp')).toMatch(/^\/tmp\/.*\n\nexit 0/);
    expect(await execute('/usr/bin/touch', '/job/scratch/kept')).toBe('\nexit 0');
    expect(await execute('/bin/ls', '/job/scratch')).toContain('kept');
  });

  it('cannot see the home of the daemon or the key of the cluster', async () => {
    expect(await execute('/bin/cat', join(bench.home, 'cluster.key'))).toContain('No such file');
    expect(await execute('/bin/ls', bench.home)).toContain('No such file');
    expect(await execute('/bin/cat', '/etc/shadow')).toContain('No such file');
    expect(await execute('/bin/ls', '/root')).toContain('No such file');
  });

  it('cannot write outside its folders, its inputs included', async () => {
    for (const path of ['/usr/x', '/etc/x', '/x', '/job/inputs/x', '/job/inputs/greeting', join(process.cwd(), 'package.json')]) {
      expect(await execute('/usr/bin/touch', path)).toMatch(/(Read-only file system|Permission denied|No such file).*\n\nexit 1/);
    }
  });

  it('cannot reach the network, not even this machine', async () => {
    const server = createServer((socket) => socket.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const script = `const s=require('net').connect(${port},'127.0.0.1');s.on('error',e=>{console.log(e.code)});s.on('data',d=>console.log(String(d)))`;
    const said = await execute(process.execPath, '-e', script);
    server.close();
    expect(said).toContain('ECONNREFUSED');
    expect(await execute('/bin/cat', '/proc/net/dev')).not.toMatch(/eth|ens|wl/);
  });

  it('sees only its own processes', async () => {
    const numbers = (await execute('/bin/ls', '/proc')).split('\n').filter((name) => /^\d+$/.test(name));
    expect(numbers.length).toBeLessThan(8);
    expect(numbers).toContain('1');
  });

  it('cannot signal the daemon', async () => {
    expect(await execute('/bin/kill', '-9', String(process.pid))).toContain('No such process');
  });

  it('has an environment with nothing of the daemon’s in it', async () => {
    const names = (await execute('/usr/bin/env'))
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => line.split('=')[0]);
    expect(names.toSorted()).toEqual(['HOME', 'LANG', 'LOGNAME', 'PATH', 'PWD', 'SUPERVM_SESSION', 'TMPDIR', 'USER']);
  });

  it('runs at low priority, and its disk serves everybody else first', async () => {
    expect(await execute('/usr/bin/nice')).toBe('10\n\nexit 0');
    expect(await execute('/usr/bin/ionice')).toBe('idle\n\nexit 0');
    if (existsSync('/proc/self/autogroup')) expect(await execute('/bin/cat', '/proc/self/autogroup')).toContain('nice 10');
  });

  it('reports the process as this machine counts it', async () => {
    const result = await bench.run({ do: 'report' });
    if (result.type !== 'done') throw new Error(JSON.stringify(result));
    const inner = JSON.parse(await bench.text(result, 'report.json')).pid;
    expect(result.report.process).not.toBe(inner);
    expect(await readFile(`/proc/${result.report.process}/status`, 'utf8')).toMatch(new RegExp(`NSpid:.*\\t${inner}\n`));
  });

  it('ends with everything it started when it is aborted, though it heeds nothing', async () => {
    const running = bench.start(await bench.record({ do: 'stubborn' }), bench.attempt({ job: 'ef'.repeat(32) }));
    while ((await sleepers()).length < 2) await pause();
    running.abort();
    expect(await running.result).toEqual({ type: 'aborted' });
    expect(await sleepers()).toEqual([]);
  });

  it('leaves nothing running when it is done, though its session goes on', async () => {
    const before = JSON.parse(await bench.text(await bench.run({ do: 'report' }), 'report.json'));
    expect(await bench.run({ do: 'litter' })).toMatchObject({ type: 'done' });
    expect(await sleepers()).toEqual([]);
    const after = JSON.parse(await bench.text(await bench.run({ do: 'report' }), 'report.json'));
    expect(after).toMatchObject({ pid: before.pid, tasks: before.tasks + 2 });
  });

  it('fails with disk-full, to be tried on another node, when the disk of its workspace is full', async () => {
    const small = join(bench.home, 'small');
    await mkdir(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small]);
    try {
      await using full = await RunnerBench.open({ sandboxed: true, workFolder: join(small, 'work') });
      expect(await full.run({ do: 'fill' })).toMatchObject({ type: 'failed', failure: { code: 'disk-full', retry: true, blameNode: true } });
      expect(await full.run({ do: 'report' })).toMatchObject({ type: 'done' });
    } finally {
      execFileSync('umount', ['--lazy', small]);
    }
  });

  it('has cores of its own where the machine permits control groups for them, and no other task comes near them meanwhile', async () => {
    const allowed = async () => processorsIn(/^Cpus_allowed_list:\s*(\S+)/m.exec(await execute('/bin/cat', '/proc/self/status'))?.[1] ?? '');
    const all = await allowed();
    const record = await bench.record({ do: 'stubborn' });
    const steps = record.steps.map((step) => ({ ...step, requirements: { ...step.requirements, exclusive: true as const } }));
    const running = bench.start({ ...record, steps }, bench.attempt({ job: 'cd'.repeat(32) }));
    if (!bench.runner.enforces.includes('cpuset')) {
      expect(await running.result).toMatchObject({ type: 'failed', failure: { code: 'not-isolated', blameNode: true } });
      return;
    }
    while ((await sleepers()).length < 2) await pause();
    const [asleep = ''] = await sleepers();
    const [own, ...more] = processorsIn(/^Cpus_allowed_list:\s*(\S+)$/m.exec(await readFile(`/proc/${asleep}/status`, 'utf8'))?.[1] ?? '');
    expect(more).toEqual([]);
    expect(await allowed()).toEqual(all.filter((one) => one !== own));
    expect(await execute('/usr/bin/taskset', '-c', String(own), 'true')).toMatch(/Invalid argument.*\n\nexit 1/);
    running.abort();
    expect(await running.result).toEqual({ type: 'aborted' });
    expect(await allowed()).toEqual(all);
  });

  it('sees the device nodes of the GPU that it was granted, and no other, and gives it to the next one', async () => {
    // Made up: the kernel's empty device under names that a driver would use.
    const nodes = ['/dev/nvidia90', '/dev/nvidia91'] as const;
    for (const node of nodes) execFileSync('mknod', ['-m', '0666', node, 'c', '1', '3']);
    const gpus = nodes.map((node, place) => gpuDevice(`0000:9${place}:00.0`, { nodes: [node], environment: { CUDA_VISIBLE_DEVICES: `GPU-${place}` } }));
    try {
      expect(await execute('/bin/ls', '/dev')).not.toMatch(/nvidia|dri/);
      await using granting = await RunnerBench.open({ sandboxed: true, gpus });
      const ask = async (job: string, script: JsonObject): Promise<RunningTask> => {
        const record = await granting.record(script);
        const steps = record.steps.map((step) => ({ ...step, requirements: { ...step.requirements, gpus: 1 } }));
        return granting.start({ ...record, steps }, granting.attempt({ job: job.repeat(32) }));
      };
      const shell = (script: string): JsonObject => ({ do: 'execute', file: '/bin/sh', args: ['-c', script] });
      const first = await ask('a1', shell('ls /dev | grep nvidia; echo $CUDA_VISIBLE_DEVICES; echo gone >/dev/nvidia90 && cat /dev/nvidia90'));
      expect(await granting.text(await first.result, 'execute.txt')).toBe('nvidia90\nGPU-0\n\nexit 0');
      const second = await ask('b2', { do: 'stubborn' });
      while ((await sleepers()).length < 2) await pause();
      // The first session has no task any more and makes room.
      const third = await ask('c3', shell('ls /dev | grep nvidia; echo $CUDA_VISIBLE_DEVICES'));
      expect(await granting.text(await third.result, 'execute.txt')).toBe('nvidia90\nGPU-0\n\nexit 0');
      second.abort();
      expect(await second.result).toEqual({ type: 'aborted' });
    } finally {
      for (const node of nodes) await rm(node);
    }
  });

  it('finds a program that is installed outside the system’s folders', async () => {
    const opt = join(bench.home, 'opt/tool');
    await mkdir(opt, { recursive: true });
    await writeFile(join(opt, 'tool'), '#!/bin/sh\ncat "$(dirname "$0")/beside"\n', { mode: 0o755 });
    await writeFile(join(opt, 'beside'), 'found beside');
    for (const [path, mode] of [
      ['', 0o755],
      ['tool', 0o755],
      ['beside', 0o644],
    ] as const)
      await chmod(join(opt, path), mode);
    await using other = await RunnerBench.open({ sandboxed: true, programs: [{ name: 'tool', version: '1', path: join(opt, 'tool'), features: [] }] });
    const record = await other.record({ do: 'execute', file: join(opt, 'tool') });
    const [step] = record.steps;
    if (step === undefined) throw new Error('the toy has a step');
    const needing = { ...record, steps: [{ ...step, requirements: { ...step.requirements, programs: [{ name: 'tool' }] } }] };
    expect(await other.text(await other.start(needing).result, 'execute.txt')).toContain('found beside');
  });
});

it('without bubblewrap a root daemon still runs tasks as another user where its folders allow it', async () => {
  const open = await mkdtemp(join(tmpdir(), 'supervm-open-'));
  await chmod(open, 0o755);
  try {
    await using bench = await RunnerBench.open({ sandboxed: false, workFolder: join(open, 'work') });
    expect(bench.runner.sandboxLevel).toEqual({ level: 'user', reason: 'bubblewrap is not installed' });
    expect(await bench.text(await bench.run({ do: 'execute', file: '/usr/bin/id' }), 'execute.txt')).toMatch(/uid=(19\d{8}|65534)/);
  } finally {
    await rm(open, { recursive: true });
  }
});

it.each(['sandboxed', 'none'])('every session ends when the daemon is killed and does not come back (%s)', async (level) => {
  const folder = await mkdtemp(join(tmpdir(), 'supervm-killed-'));
  const program = join(import.meta.dirname, '../support/run-toy-for-ever.ts');
  const daemon = spawn(process.execPath, [program, level], { stdio: ['ignore', 'pipe', 'inherit'], env: { TMPDIR: folder } });
  await new Promise((resolve) => daemon.stdout.once('data', resolve));
  expect((await sleepers()).length).toBe(2);
  daemon.kill('SIGKILL');
  // Would time out otherwise.
  while ((await sleepers()).length > 0) await pause();
  expect(await sleepers()).toEqual([]);
  await rm(folder, { recursive: true, maxRetries: 5 });
});

/** Looking without a pause would take a whole core from what is looked at. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** The `sleep` programs of the toy's stubborn task, wherever they run. */
async function sleepers(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [command, argument = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (command === 'sleep' && ['3210', '3211'].includes(argument)) found.push(pid);
  }
  return found;
}
