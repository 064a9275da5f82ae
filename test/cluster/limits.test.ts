/** Needs root and bubblewrap: tasks that want more than they may have. Each ends with its reason, and the daemon answers meanwhile. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView, NodeView, WhyView } from '../../src/api/views.ts';
import { isolationOf } from '../../src/model/isolation.ts';
import { RunnerBench } from '../daemon/worker/runner-bench.ts';
import { bestLevel } from '../support/best-level.ts';
import { Lab, type LabLevel } from '../support/lab.ts';
import { startCluster } from '../support/start-cluster.ts';

/** `ip netns exec` hides the control groups, so that the launcher has to watch by itself there. */
describe.each([
  { place: 'ports', level: bestLevel() },
  { place: 'namespaces', level: 'limited' },
] as const satisfies readonly { place: LabLevel; level: string }[])('on a node of level $level', ({ place, level }) => {
  let lab: Lab;
  beforeAll(async () => {
    lab = Lab.create({ nodes: 1, level: place, jobTypes: ['hogs'] });
    await startCluster(lab, 'job-type:hogs');
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  /** How the job ended, and the longest time that an answer of the daemon took meanwhile (milliseconds). */
  const hog = async (want: string, what = '', ...more: readonly string[]) => {
    const machine = lab.machine(0);
    const output = join(lab.folder, `${want}-${Math.random()}`);
    const words = ['hogs', '--want', want, ...(what === '' ? [] : ['--what', what]), ...more, '-o', output, '--detach'];
    const { id } = await machine.json<{ readonly id: string }>(...words);
    let slowest = 0;
    for (;;) {
      const begun = performance.now();
      const job = await machine.json<JobView>('job', id);
      slowest = Math.max(slowest, performance.now() - begun);
      if (job.phase !== 'active') {
        const why = await machine.json<WhyView>('why', id);
        const text = existsSync(join(output, 'hog.txt')) ? readFileSync(join(output, 'hog.txt'), 'utf8') : '';
        return { outcome: job.phase, failure: job.failures[0], why: why.reasons[0], slowest, text };
      }
      await pause(50);
    }
  };

  it('says so', async () => {
    const [node] = await lab.machine(0).json<readonly NodeView[]>('nodes');
    expect(node === undefined ? undefined : isolationOf(node.inventory)).toBe(level);
    expect((await lab.machine(0).run('nodes')).stdout).toContain(level);
  });

  it.each([
    ['memory', 'oom', 'ran out of memory: it may use 352 MiB'],
    ['child-memory', 'oom', 'ran out of memory'],
    ['forks', 'too-many-processes', 'more than the 100 processes'],
    ['disk', 'disk-limit', 'wrote more than the 96 MiB'],
    ['file', 'disk-limit', 'wrote more than the 96 MiB'],
    ['deleted', 'disk-limit', 'wrote more than the 96 MiB'],
  ])('a task that takes %s without end is ended as %s, and the node is well', async (want, code, message) => {
    const { outcome, failure, why, slowest } = await hog(want);
    expect({ outcome, failure }).toMatchObject({ outcome: 'failed', failure: { code, message: expect.stringContaining(message) } });
    expect(why).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(slowest).toBeLessThan(5_000);
    expect(await hog('nothing')).toMatchObject({ outcome: 'succeeded' });
  });

  it('what reaches out is refused, and what runs away ends', async () => {
    expect(await hog('address', '127.0.0.1:22')).toMatchObject({ failure: { message: expect.stringContaining('ECONNREFUSED') } });
    expect(await hog('address', '10.77.0.254:80')).toMatchObject({ failure: { message: expect.stringContaining('ENETUNREACH') } });
    expect(await hog('path', join(lab.folder, 'cluster.key'))).toMatchObject({ why: { message: expect.stringContaining('ENOENT') } });
    const sockets = readdirSync(lab.machine(0).home, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sock'));
    expect(sockets.length).toBeGreaterThan(0);
    for (const socket of sockets)
      expect(await hog('socket', lab.machine(0).file(socket))).toMatchObject({ failure: { message: expect.stringContaining('ENOENT') } });
    expect(await hog('escape', '54321')).toMatchObject({ outcome: 'succeeded' });
    expect(readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isSleeping(pid, '54321'))).toEqual([]);
  });

  it('a job that demands more than the node has waits and says why', async () => {
    const demand = async (wanted: string) => {
      const words = ['hogs', '--isolation', wanted, '-o', join(lab.folder, `isolated-${wanted}`), '--detach'];
      return lab.machine(0).json<{ readonly id: string; readonly warnings: readonly { readonly message: string }[] }>(...words);
    };
    const alone = await lab.machine(0).json<{ readonly id: string }>('hogs', '--cores', '1', '--exclusive', '-o', join(lab.folder, 'alone'), '--detach');
    if (level === 'full') expect(await lab.machine(0).run('wait', alone.id)).toMatchObject({ code: 0 });
    else {
      const { reasons } = await lab.machine(0).json<WhyView>('why', alone.id);
      expect(reasons[0]).toMatchObject({
        message: expect.stringContaining('cores that are a task’s alone'),
        nodes: [{ reason: expect.stringContaining('cannot keep cores') }],
      });
    }
    const easy = await demand('limited');
    expect(await lab.machine(0).run('wait', easy.id)).toMatchObject({ code: 0 });
    const { bounds } = await lab.machine(0).json<JobView>('job', easy.id);
    expect(bounds).toMatchObject([{ step: 'hog', isolation: level, memoryBytes: 352 * 2 ** 20, processes: 100, diskBytes: 96 * 2 ** 20 }]);
    expect((await lab.machine(0).run('job', easy.id)).stdout).toMatch(/sandbox +hog on .*352\.0 MiB memory/);
    const hard = await demand('full');
    if (level === 'full') expect(await lab.machine(0).run('wait', hard.id)).toMatchObject({ code: 0 });
    else {
      expect(hard.warnings[0]?.message).toContain('keeps tasks apart at level limited, full is needed');
      const { reasons } = await lab.machine(0).json<WhyView>('why', hard.id);
      expect(reasons[0]?.message).toContain('needed is level full');
    }
  });
});

it('a task that its daemon left behind is held to its limits by the launcher, and the next daemon is told', async () => {
  await using bench = await RunnerBench.open({ sandboxed: true, plugins: join(import.meta.dirname, '../support/job-types') });
  const made = await bench.record({ want: 'late-memory' }, {}, { type: 'hogs' });
  const record = { ...made, steps: made.steps.map((step) => ({ ...step, requirements: { ...step.requirements, memoryBytes: 2 ** 26 } })) };
  const attempt = bench.attempt();
  bench.start(record, attempt);
  await bench.logged(attempt, 'wants late-memory');
  await bench.restart();
  expect(bench.runner.left().attempts).toHaveLength(1);
  expect(await bench.runner.adopt(attempt, () => {}).result).toMatchObject({ type: 'failed', failure: { code: 'oom', blameNode: false } });
});

function isSleeping(pid: string, seconds: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`sleep\0${seconds}`);
  } catch {
    return false;
  }
}
