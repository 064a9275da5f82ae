/** Needs root, network namespaces and bubblewrap: what `why` says when the disk of the only machine that could work is full. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JobView, WhyView } from '../../src/api/views.ts';
import { Lab } from '../support/lab.ts';
import { startCluster } from '../support/start-cluster.ts';

test('a full disk is named with its machine, and the job goes on once there is room', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'svm-why-'));
  try {
    await using lab = Lab.create({ nodes: 2, diskBytes: { 1: 128 * 2 ** 20 }, folder: join(folder, 'lab'), jobTypes: ['naps'] });
    const [asked, full] = [lab.machine(0), lab.machine(1)];
    await startCluster(lab, undefined);
    for (const { name } of [asked, full]) await asked.run('node', 'pause', name);
    const words = ['naps', '--tasks', '2', '--ms', '50', '--label', 'waits', '-o', join(folder, 'out'), '--detach'];
    expect(await asked.run(...words)).toMatchObject({ code: 0 });
    const onFull = (script: string) => full.command(['sh', '-c', `cd ${full.home} && ${script}`]).finished;
    await onFull('head -c $(( ($(df --output=avail -B1 . | tail -1)) - 3000000 )) /dev/zero > ballast');
    await asked.run('node', 'unpause', full.name);
    const job = (await asked.json<readonly JobView[]>('jobs'))[0]?.id ?? '';
    const told = async () => (await asked.json<WhyView>('why', job)).reasons.find(({ message }) => message.includes('because its disk is full'));
    await asked.until(async () => (await told()) !== undefined, 60_000);
    await asked.until(async () => (await told())?.nodes.some(({ name, reason }) => name === full.name && reason.includes('its disk is full')) === true, 60_000);
    await onFull('rm ballast');
    await asked.until(async () => (await asked.json<readonly JobView[]>('jobs'))[0]?.phase === 'succeeded', 120_000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
