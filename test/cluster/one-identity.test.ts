/** Needs root and network namespaces: two machines that speak as one node. */
import { cpSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { StatusView } from '../../src/api/views.ts';
import { Lab } from '../support/lab.ts';
import type { Machine } from '../support/lab-machine.ts';
import { writeClusterKey } from '../support/start-cluster.ts';
import { losses, pause, verdicts } from '../support/verdicts.ts';

const statusOf = (machine: Machine) => machine.json<StatusView>('status');

/** Waits until the machine knows that it is not alone in being this node, by status and log. */
async function isTold(machine: Machine): Promise<void> {
  await machine.until(async () => (await statusOf(machine)).durability.problems.some(({ message }) => message.includes('also in use')), 120_000);
  await machine.until(() => readFileSync(machine.file('logs/daemon.log'), 'utf8').includes('in use twice'), 60_000);
}

test('two machines with one key are both refused and told so, the others go on, and the one that is left is let in again', async () => {
  await using lab = Lab.create({ nodes: 4 });
  const [one, two, original, copy] = lab.machines as readonly [Machine, Machine, Machine, Machine];
  const key = writeClusterKey(lab);
  await Promise.all([one, two, original].map((machine) => machine.start('--cluster-key', key)));
  await one.until(async () => (await statusOf(one)).totals.nodes === 3, 60_000);
  const since = Date.now();
  cpSync(original.file('node.key'), copy.file('node.key'));
  await copy.start('--cluster-key', key);
  await isTold(original);
  await isTold(copy);
  expect((await copy.run('status')).stdout).toContain(`delete ${copy.file('node.key')} there`);
  await one.until(async () => (await statusOf(one)).totals.nodes === 2, 60_000);
  // Both keep trying: neither gets in for a moment, and nobody else is thrown out.
  const settled = Date.now();
  await pause(10_000);
  expect(verdicts([one, two], settled).filter(({ is }) => is === 'alive')).toEqual([]);
  expect(losses([one, two], since).filter(({ of }) => of === one.name || of === two.name)).toEqual([]);
  await copy.kill('SIGTERM');
  await one.until(async () => (await statusOf(one)).totals.nodes === 3, 200_000);
});
