/** Needs root, network namespaces and loop devices: a coordinator whose disk takes seconds to make a write durable. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClient } from '../../src/api/client.ts';
import type { JobView, StatusView } from '../../src/api/views.ts';
import { Lab } from '../support/lab.ts';
import type { Machine } from '../support/lab-machine.ts';
import { StallingDisk } from '../support/stalling-disk.ts';
import { writeClusterKey } from '../support/start-cluster.ts';
import { until } from '../support/until.ts';

const statusOf = (machine: Machine) => machine.json<StatusView>('status');
const problems = async (machine: Machine) => (await statusOf(machine)).durability.problems;
const coordinator = async (asked: Machine) => (await statusOf(asked)).nodes.find((node) => node.coordinator)?.name;

test('a coordinator whose disk is slow says so and gives its seat away, jobs go on, and all is as before once the disk is quick', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'svm-slow-'));
  await using lab = Lab.create({ nodes: 3, folder, jobTypes: ['naps'] });
  const [slow, second, third] = lab.machines as readonly [Machine, Machine, Machine];
  const images = join(folder, 'images');
  mkdirSync(images);
  using disk = new StallingDisk({ images, folder: slow.home, bytes: 256 * 2 ** 20 });
  let jobs = 0;
  const run = async (on: Machine, label: string): Promise<void> => {
    const flags = ['--tasks', '4', '--ms', '50', '--label', label, '-o', join(folder, label), '--timeout', '200'];
    expect(await on.run('naps', ...flags)).toMatchObject({ code: 0 });
    jobs += 1;
  };
  const key = writeClusterKey(lab);
  // Whoever is there first coordinates, and keeps the seat.
  await slow.start('--cluster-key', key);
  await slow.until(async () => (await coordinator(slow)) === slow.name, 60_000);
  for (const machine of [second, third]) await machine.start('--cluster-key', key);
  for (const machine of lab.machines) await machine.until(async () => (await statusOf(machine)).totals.nodes === 3, 60_000);
  await run(second, 'before');

  let isTold = false;
  const client = createClient({ socketPath: slow.file('run/supervm.sock') });
  const quickAgain = new AbortController();
  const slowness = disk.beSlow(6_000, quickAgain.signal);
  try {
    const told = until(
      'a word about the slow disk',
      200_000,
      async () => {
        const { durability } = await client.call('status', {}, AbortSignal.timeout(10_000));
        return durability.problems.some(({ code, message }) => code === 'disk-slow' && /takes \d+\.\d s to make a write durable/.test(message));
      },
      50,
    ).finally(() => (isTold = true));
    told.catch(() => undefined);
    // Nobody knows that a disk is slow while nothing is written.
    while (!isTold) await run(second, `during${jobs}`);
    await told;
    await second.until(async () => [second.name, third.name].includes((await coordinator(second)) ?? ''), 60_000);
    await run(second, 'meanwhile');
    for (const machine of [second, third]) expect(await problems(machine)).toEqual([]);
  } finally {
    quickAgain.abort();
    await slowness;
  }
  await run(slow, 'after');
  await slow.until(async () => (await problems(slow)).length === 0, 60_000);
  for (const machine of lab.machines) {
    await machine.until(async () => {
      const known = await machine.json<readonly JobView[]>('jobs');
      return known.length === jobs && known.every(({ phase }) => phase === 'succeeded');
    }, 60_000);
  }
});
