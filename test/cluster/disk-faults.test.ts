/** Needs root, network namespaces, loop devices and libfaketime: real daemons on disks that lie, fill up, fail or lose everything. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobView, StatusView } from '../../src/api/views.ts';
import { fakedClock, forgetDeadClocks } from '../support/faked-clock.ts';
import { Lab, type LabOptions } from '../support/lab.ts';
import type { Machine } from '../support/lab-machine.ts';
import { LoopDisk } from '../support/loop-disk.ts';
import { startCluster, writeClusterKey } from '../support/start-cluster.ts';

const mebibyte = 2 ** 20;
let folder: string;
let lab: Lab | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svm-faults-'));
});
afterEach(async () => {
  await lab?.[Symbol.asyncDispose]();
  lab = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function create(options: Partial<LabOptions> & { readonly nodes: number }): Lab {
  lab = Lab.create({ ...options, folder: join(folder, 'lab'), jobTypes: ['naps'] });
  return lab;
}

async function startAll(of: Lab): Promise<void> {
  await startCluster(of, undefined);
}

function naps(machine: Machine, label: string, ...more: readonly string[]) {
  return machine.run('naps', '--tasks', '3', '--ms', '50', '--label', label, '-o', join(folder, `${machine.name}-${label}`), '--timeout', '120', ...more);
}

async function run(machine: Machine, label: string): Promise<void> {
  expect(await naps(machine, label)).toMatchObject({ code: 0 });
}

async function labels(machine: Machine): Promise<readonly string[]> {
  return (await machine.json<readonly JobView[]>('jobs')).map((view) => `${view.name} ${view.phase}`).toSorted();
}

async function knows(machine: Machine, expected: readonly string[]): Promise<void> {
  await machine.until(async () => JSON.stringify(await labels(machine)) === JSON.stringify(expected), 60_000);
}

const problems = async (machine: Machine) => (await machine.json<StatusView>('status')).durability.problems.map(({ code }) => code);
/** Waits until these are all that the node tells of its disk: one fault after another is told as the daemon meets it. */
async function tells(machine: Machine, codes: readonly string[]): Promise<void> {
  await machine.until(async () => (await problems(machine)).join() === codes.join(), 60_000);
}

const logOf = (machine: Machine): string => readFileSync(machine.file('logs/daemon.log'), 'utf8');

/** Turns one bit in the middle of a place where `text` stands. */
function flipBit(file: string, text: string): void {
  const bytes = readFileSync(file);
  const place = bytes.indexOf(text);
  expect(place).toBeGreaterThan(0);
  bytes[place + 2] = (bytes[place + 2] as number) ^ 1;
  writeFileSync(file, bytes);
}

describe('the records of one of three machines', () => {
  async function threeWithJobs(): Promise<readonly [Machine, Machine, Machine]> {
    const of = create({ nodes: 3 });
    await startAll(of);
    const machines = [of.machine(0), of.machine(1), of.machine(2)] as const;
    for (const [index, machine] of machines.entries()) await run(machine, `job${index}`);
    for (const machine of machines) await knows(machine, ['job0 succeeded', 'job1 succeeded', 'job2 succeeded']);
    return machines;
  }

  const all = ['after succeeded', 'job0 succeeded', 'job1 succeeded', 'job2 succeeded'];
  const startAgain = (machine: Machine) => machine.start('--cluster-key', join(folder, 'lab', 'cluster.key'));

  test('come back from the others after a changed bit, a cut tail and a file of nonsense, and each damaged file is kept', async () => {
    const [n1, n2, n3] = await threeWithJobs();
    const damages: readonly ((file: string) => void)[] = [
      (file) => flipBit(file, '"label":"job1"'),
      (file) => truncateSync(file, Math.floor(readFileSync(file).length / 2)),
      (file) => writeFileSync(file, 'nonsense '.repeat(5000)),
    ];
    for (const [index, damage] of damages.entries()) {
      await n2.kill('SIGTERM');
      damage(n2.file('records.db'));
      await startAgain(n2);
      await knows(n2, all.slice(1));
      expect(readdirSync(n2.home).filter((name) => /^records\.db\.damaged-\d{4}-\d\d-\d\d(-\d)?$/.test(name))).toHaveLength(index + 1);
    }
    expect(logOf(n2)).toContain('the job records were damaged');
    await run(n2, 'after');
    for (const machine of [n1, n2, n3]) await knows(machine, all);
  });

  test('come back from the others when the disk was wiped and the identity kept, or an old backup was put in its place', async () => {
    const [n1, n2, n3] = await threeWithJobs();
    await n2.kill('SIGTERM');
    const backup = join(folder, 'backup');
    copyFileSync(n2.file('records.db'), backup);
    rmSync(n2.file('records.db'));
    rmSync(n2.file('blobs'), { recursive: true });
    await startAgain(n2);
    await knows(n2, all.slice(1));
    await run(n2, 'after');
    await n2.kill('SIGTERM');
    copyFileSync(backup, n2.file('records.db'));
    await startAgain(n2);
    await knows(n2, all);
    await run(n2, 'later');
    for (const machine of [n1, n2, n3]) {
      await knows(machine, [...all, 'later succeeded'].toSorted());
      expect(logOf(machine)).not.toContain('"type":"fork"');
    }
  });
});

describe('a machine that is alone', () => {
  test('refuses to start on damaged records, says what to do, and starts when told to accept the loss', async () => {
    const of = create({ nodes: 1 });
    const alone = of.machine(0);
    await alone.start('--no-discovery');
    for (const label of ['kept', 'damaged', 'behind']) await run(alone, label);
    await alone.kill('SIGTERM');
    flipBit(alone.file('records.db'), '"label":"damaged"');
    const refused = await alone.run('up', '--no-discovery');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('has changed on the disk') });
    expect(refused.stderr).toContain('supervm up --accept-loss');
    expect(await alone.run('up', '--no-discovery', '--accept-loss')).toMatchObject({ code: 0 });
    expect(await labels(alone)).toEqual(['kept succeeded']);
    await run(alone, 'after');
    expect((await alone.run('status')).stdout).toContain('stored on this machine only');
    await alone.run('down', '--now');
  });

  test('refuses submissions before its disk is full, keeps what it has, and takes them again once there is room', async () => {
    const of = create({ nodes: 1, diskBytes: { 0: 96 * mebibyte } });
    const alone = of.machine(0);
    await alone.start('--no-discovery');
    await run(alone, 'before');
    const inHome = (script: string) => alone.command(['sh', '-c', `cd ${alone.home} && ${script}`]).finished;
    await inHome('head -c $(( ($(df --output=avail -B1 . | tail -1)) - 3000000 )) /dev/zero > ballast');
    const refused = await naps(alone, 'refused');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/has [\d.]+ MiB left[\s\S]*kept for the records/) });
    await inHome('cat /dev/zero > rest; true');
    const job = (await alone.json<readonly JobView[]>('jobs'))[0]?.id ?? '';
    expect(await alone.run('rm', job)).toMatchObject({ code: 1, stderr: expect.stringContaining('no room left for the job records') });
    await tells(alone, ['disk-full']);
    await inHome('rm ballast rest');
    await tells(alone, []);
    await run(alone, 'after');
    expect(await labels(alone)).toEqual(['after succeeded', 'before succeeded']);
  });

  test('refuses submissions when its disk is out of inodes, and says so', async () => {
    const of = create({ nodes: 1 });
    const alone = of.machine(0);
    const { home } = alone;
    using _disk = new LoopDisk({ image: join(folder, 'image'), folder: home, bytes: 200 * mebibyte, inodes: 700 });
    await alone.start('--no-discovery');
    await run(alone, 'before');
    mkdirSync(join(home, 'many'));
    for (let number = 0; number < 600; number += 1) {
      try {
        writeFileSync(join(home, 'many', String(number)), '');
      } catch {
        break;
      }
    }
    expect(await naps(alone, 'refused')).toMatchObject({ code: 1, stderr: expect.stringContaining('inodes') });
    rmSync(join(home, 'many'), { recursive: true });
    await run(alone, 'after');
    await alone.kill('SIGTERM');
  });
});

test('a coordinator whose disk turns read-only gives its seat away and says so, and jobs go on', async () => {
  const of = create({ nodes: 3 });
  const [n1, n2] = [of.machine(0), of.machine(1)];
  using disk = new LoopDisk({ image: join(folder, 'image'), folder: n1.home, bytes: 300 * mebibyte });
  await n1.start('--cluster-key', writeClusterKey(of));
  for (const index of [1, 2]) await of.machine(index).start('--cluster-key', join(of.folder, 'cluster.key'));
  await n2.until(async () => (await n2.json<StatusView>('status')).totals.nodes === 3, 60_000);
  await run(n1, 'before');
  disk.fail();
  const job = (await n1.json<readonly JobView[]>('jobs'))[0]?.id ?? '';
  const refused = await n1.run('rm', job);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('can only be read') });
  await tells(n1, ['disk-read-only']);
  const coordinator = async () => (await n2.json<StatusView>('status')).nodes.find((node) => node.coordinator)?.name;
  await n2.until(async () => ['n2', 'n3'].includes((await coordinator()) ?? ''), 60_000);
  await run(n2, 'meanwhile');
  await n1.kill('SIGKILL');
});

test('clocks that are wrong by an hour and by ten years, and jump between two lives, decide nothing', async () => {
  const offsets = ['+0', '-1h', '+3650d'];
  const fileOf = (index: number): string => join(folder, `offset${index}`);
  for (const [index, offset] of offsets.entries()) writeFileSync(fileOf(index), `${offset}\n`);
  forgetDeadClocks();
  const of = create({
    nodes: 3,
    variables: (index) => fakedClock(fileOf(index)),
  });
  await startAll(of);
  const machines = [of.machine(0), of.machine(1), of.machine(2)];
  for (const [index, machine] of machines.entries()) await run(machine, `job${index}`);
  // While they run, and between two lives: backwards, forwards, and away again.
  for (const [index, offset] of ['+10d', '-3650d', '-1h'].entries()) writeFileSync(fileOf(index), `${offset}\n`);
  for (const [index, machine] of machines.entries()) await run(machine, `moved${index}`);
  await of.machine(1).kill('SIGTERM');
  writeFileSync(fileOf(1), '+20y\n');
  await of.machine(1).start('--cluster-key', join(of.folder, 'cluster.key'));
  await of.machine(0).until(async () => (await of.machine(0).json<StatusView>('status')).totals.nodes === 3, 60_000);
  await run(of.machine(1), 'restarted');
  const all = ['job0', 'job1', 'job2', 'moved0', 'moved1', 'moved2', 'restarted'].map((label) => `${label} succeeded`);
  for (const machine of machines) await knows(machine, all);
});
