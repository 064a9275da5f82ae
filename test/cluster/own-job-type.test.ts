/** Needs root and network namespaces: a job type of the user's own on real daemons, one of which has another version of it and one none. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ResultView, WhyView } from '../../src/api/views.ts';
import { Lab } from '../support/lab.ts';
import { startCluster } from '../support/start-cluster.ts';

test('it is a command, runs in the sandbox, and only where the same version of it is', async () => {
  await using lab = Lab.create({ nodes: 3, jobTypes: ['naps'] });
  await startCluster(lab, 'job-type:naps');
  const [first, second, third] = [lab.machine(0), lab.machine(1), lab.machine(2)];
  const output = join(lab.folder, 'out');
  expect(await first.run('naps', '--tasks', '12', '--ms', '200', '-o', output)).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(output)).toHaveLength(12);
  expect(readFileSync(join(output, 'nap-7.txt'), 'utf8')).toBe('nap 7\n');
  const [job] = await first.json<readonly { readonly id: string }[]>('jobs');
  const all = await first.json<readonly ResultView[]>('job', job?.id ?? '', '--results');
  expect(new Set(all.map(({ nodeName }) => nodeName)).size).toBe(3);

  // The second machine changes its copy, the third loses its own: what the first submits is the first's alone.
  writeFileSync(second.file('job-types/naps/note.txt'), 'mine\n', { mode: 0o644 });
  rmSync(third.file('job-types/naps'), { recursive: true });
  const again = await first.json<{ readonly id: string }>('naps', '--tasks', '6', '--ms', '200', '-o', join(lab.folder, 'again'), '--detach');
  expect(await first.run('wait', again.id)).toMatchObject({ code: 0 });
  const results = await first.json<readonly ResultView[]>('job', again.id, '--results');
  expect(new Set(results.map(({ nodeName }) => nodeName))).toEqual(new Set(['n1']));

  // A version that nobody else has, on a node that takes nothing.
  writeFileSync(first.file('job-types/naps/note.txt'), 'new\n', { mode: 0o644 });
  await first.run('node', 'pause');
  const waiting = await first.json<{ readonly id: string }>('naps', '-o', join(lab.folder, 'waiting'), '--detach');
  await first.until(async () => {
    const { reasons } = await first.json<WhyView>('why', waiting.id);
    return reasons.some(({ nodes }) => nodes.some(({ name, reason }) => name === 'n2' && reason === 'has another version of the job type naps'));
  }, 60_000);
  await first.run('node', 'unpause');
  expect(await first.run('wait', waiting.id)).toMatchObject({ code: 0 });
});
