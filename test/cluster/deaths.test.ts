/** Needs root, network namespaces and Blender: daemons killed with -9 in mid-job. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobView, ResultView } from '../../src/api/views.ts';
import { execute, Lab } from '../support/lab.ts';
import type { Machine } from '../support/lab-machine.ts';
import { coordinatorOf, startCluster } from '../support/start-cluster.ts';

const frames = 48;
/** Enough for each frame to take a while. */
const samples = '96';

async function submit(machine: Machine, scene: string, output: string): Promise<string> {
  return (
    await machine.json<{ readonly id: string }>(
      'render',
      scene,
      '--frames',
      `1-${frames}`,
      '--samples',
      samples,
      '--resolution',
      '200%',
      '-o',
      output,
      '--detach',
    )
  ).id;
}

async function kept(machine: Machine, id: string, count: number): Promise<void> {
  await machine.until(async () => (await machine.json<JobView>('job', id)).tasks.kept >= count, 120_000);
}

async function succeeded(machine: Machine, id: string): Promise<void> {
  await machine.until(async () => (await machine.json<JobView>('job', id)).phase === 'succeeded', 200_000);
}

async function expectOneResultATask(machine: Machine, id: string): Promise<readonly ResultView[]> {
  const results = await machine.json<readonly ResultView[]>('job', id, '--results');
  expect(results).toHaveLength(frames);
  expect(new Set(results.map((result) => result.task)).size).toBe(frames);
  return results;
}

/** A process that has ended but is not reaped yet is not alive. */
function isAlive(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
}

describe('a machine killed in mid-job', () => {
  let folder: string;
  let scene: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'svm-deaths-'));
    scene = join(folder, 'small.blend');
    const script = resolve(import.meta.dirname, '../support/make-small-scene.py');
    await execute('blender', ['-b', '--factory-startup', '--python-exit-code', '1', '-P', script, '--', scene]);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a worker: its tasks are done elsewhere and the others go on', async () => {
    await using lab = Lab.create({ nodes: 3 });
    await startCluster(lab);
    const coordinator = await coordinatorOf(lab, lab.machine(0));
    const [submitter, victim] = lab.machines.filter((machine) => machine !== coordinator) as [Machine, Machine];
    const output = join(folder, 'worker');
    const id = await submit(submitter, scene, output);
    await kept(submitter, id, 4);
    await victim.kill('SIGKILL');
    expect(await submitter.run('wait', id)).toMatchObject({ code: 0 });
    await expectOneResultATask(submitter, id);
    expect(readdirSync(output)).toHaveLength(frames);
  });

  test('the submitting machine: the others finish, and its folder is filled after it came back', async () => {
    await using lab = Lab.create({ nodes: 3 });
    await startCluster(lab);
    const coordinator = await coordinatorOf(lab, lab.machine(0));
    const [submitter, other] = lab.machines.filter((machine) => machine !== coordinator) as [Machine, Machine];
    const output = join(folder, 'submitter');
    const id = await submit(submitter, scene, output);
    await kept(other, id, 4);
    await submitter.kill('SIGKILL');
    await succeeded(other, id);
    await expectOneResultATask(other, id);
    const elsewhere = join(folder, 'elsewhere');
    expect(await other.run('get', id, '-o', elsewhere)).toMatchObject({ code: 0 });
    expect(readdirSync(elsewhere)).toHaveLength(frames);
    await submitter.start();
    expect(await submitter.run('wait', id)).toMatchObject({ code: 0 });
    expect(readdirSync(output)).toHaveLength(frames);
  });

  test.each(['worker', 'coordinator'])('a %s whose disk is full: the job is done by the others, and the node lives', async (role) => {
    const diskBytes = 64 * 1024 * 1024;
    await using lab = Lab.create({ nodes: 3, diskBytes: { 0: diskBytes, 1: diskBytes, 2: diskBytes } });
    await startCluster(lab);
    const coordinator = await coordinatorOf(lab, lab.machine(0));
    const others = lab.machines.filter((machine) => machine !== coordinator) as [Machine, Machine];
    const [submitter, full] = role === 'coordinator' ? [others[0], coordinator] : others;
    // Again while the daemon gives some of its own room back.
    const fill = `dd if=/dev/zero of=${full.file('fill')} oflag=append conv=notrunc bs=4096 2>/dev/null; df --output=avail ${full.home} | tail -n 1`;
    await full.until(async () => (await full.command(['sh', '-c', fill]).finished).stdout.trim() === '0', 60_000);
    const output = join(folder, `full-${role}`);
    const id = await submit(submitter, scene, output);
    expect(await submitter.run('wait', id)).toMatchObject({ code: 0 });
    const results = await expectOneResultATask(submitter, id);
    expect(results.map((result) => result.nodeName)).not.toContain(full.name);
    expect((await full.run('status')).code).toBe(0);
    await full.command(['rm', full.file('fill')]).finished;
    await full.until(async () => {
      const { code, stdout } = await full.run('job', id, '--json');
      return code === 0 && (JSON.parse(stdout) as JobView).tasks.kept === frames;
    }, 60_000);
  });

  test('a cancelled job ends everywhere and leaves no Blender behind', async () => {
    await using lab = Lab.create({ nodes: 3 });
    await startCluster(lab);
    const submitter = lab.machine(1);
    const id = await submit(submitter, scene, join(folder, 'cancelled'));
    await kept(submitter, id, 2);
    const blenders = (await submitter.json<readonly ResultView[]>('job', id, '--results')).map((result) => result.process);
    expect(blenders.every(isAlive)).toBe(true);
    expect(await submitter.run('cancel', id)).toMatchObject({ code: 0 });
    const ended = await submitter.run('wait', id);
    expect(ended.code).toBe(1);
    expect((await submitter.json<JobView>('job', id)).phase).toBe('cancelled');
    await submitter.until(() => blenders.every((pid) => !isAlive(pid)), 60_000);
  });
});
